"""The contract's words for Python: written by ``node kernel-bridge/generateWire.ts``, never by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypedDict

if TYPE_CHECKING:
    from typing_extensions import NotRequired, TypeAlias

KEY_LIMIT = 250
NAME_LIMIT = 250
PARAM_VALUE_LIMIT = 6_000
TAG_VALUE_LIMIT = 8_000
NOTES_LIMIT = 65_536
TRACEBACK_LIMIT = 65_536
SOURCE_LIMIT = 1_048_576
ARTIFACT_PATH_LIMIT = 1_024
UPLOAD_PARTS_LIMIT = 10_000
POINTS_PER_REQUEST_LIMIT = 1_000_000
RECORDS_PER_REQUEST_LIMIT = 10_000
JSON_BODY_LIMIT = 67_108_864
FILTER_LIMIT = 10_000
PAGE_LIMIT = 1_000
OFFSET_LIMIT = 10_000_000
MODEL_TAG_VALUE_LIMIT = 100_000
MODEL_SOURCE_LIMIT = 2_000
ALIAS_LIMIT = 255
RUNS_PER_REQUEST_LIMIT = 1_000
RUNS_PER_CHANGE_LIMIT = 100_000
CONDITIONS_LIMIT = 200


class Git(TypedDict):
    """``Git`` of the contract."""

    commit: str
    branch: NotRequired[str]
    dirty: NotRequired[bool]
    remote: NotRequired[str]


class RunSource(TypedDict):
    """``RunSource`` of the contract."""

    sessionId: NotRequired[str | None]
    executionId: NotRequired[str | None]
    cellId: NotRequired[str | None]
    executionCount: NotRequired[int | None]
    entrypoint: NotRequired[str]
    host: NotRequired[str]
    git: NotRequired[Git | None]
    user: NotRequired[str]


class ErrorInfo(TypedDict):
    """``ErrorInfo`` of the contract."""

    name: str
    message: str
    traceback: NotRequired[str]


class SeriesPoints(TypedDict):
    """``SeriesPoints`` of the contract."""

    key: str
    steps: list[int]
    times: list[int]
    values: list[float | Literal["NaN", "Infinity", "-Infinity"]]


class SessionInput(TypedDict):
    """``SessionInput`` of the contract."""

    id: str
    kind: Literal["notebook", "script", "console"]
    notebookPath: str | None
    script: NotRequired[str | None]
    kernel: NotRequired[str]
    python: NotRequired[str]
    host: NotRequired[str]
    pid: NotRequired[int]
    startedAt: int


class ExecutionInput(TypedDict):
    """``ExecutionInput`` of the contract."""

    id: str
    sessionId: str
    cellId: str | None
    order: int
    executionCount: int | None
    source: str
    startedAt: int
    durationMs: float | None
    status: Literal["running", "ok", "error", "aborted"]
    error: NotRequired[ErrorInfo | None]
    reads: NotRequired[list[str]]
    writes: NotRequired[list[str]]


class RunCreate(TypedDict):
    """``RunCreate`` of the contract."""

    id: NotRequired[str]
    experimentId: NotRequired[str]
    experimentName: NotRequired[str]
    name: NotRequired[str]
    parentRunId: NotRequired[str | None]
    startedAt: NotRequired[int]
    tags: NotRequired[dict[str, str]]
    params: NotRequired[dict[str, str]]
    notes: NotRequired[str]
    source: NotRequired[RunSource]


class RunUpdate(TypedDict):
    """``RunUpdate`` of the contract."""

    id: str
    name: NotRequired[str]
    status: NotRequired[Literal["running", "scheduled", "finished", "failed", "killed", "lost"]]
    endedAt: NotRequired[int]
    notes: NotRequired[str]
    setTags: NotRequired[dict[str, str]]
    removeTags: NotRequired[list[str]]
    error: NotRequired[ErrorInfo | None]


class SessionStartRecord(TypedDict):
    """``SessionStartRecord`` of the contract."""

    type: Literal["session.start"]
    session: SessionInput


class SessionMoveRecord(TypedDict):
    """``SessionMoveRecord`` of the contract."""

    type: Literal["session.move"]
    sessionId: str
    notebookPath: str


class SessionEndRecord(TypedDict):
    """The process ends in order; its running runs do not become lost."""

    type: Literal["session.end"]
    sessionId: str
    at: int


class ExecutionRecord(TypedDict):
    """Sent when it starts and again when it ends; the last one counts."""

    type: Literal["execution"]
    execution: ExecutionInput


class RunCreateRecord(TypedDict):
    """``RunCreateRecord`` of the contract."""

    type: Literal["run.create"]
    run: RunCreate


class RunUpdateRecord(TypedDict):
    """``RunUpdateRecord`` of the contract."""

    type: Literal["run.update"]
    run: RunUpdate


class ParamsRecord(TypedDict):
    """``ParamsRecord`` of the contract."""

    type: Literal["params"]
    runId: str
    params: dict[str, str]


class TagsRecord(TypedDict):
    """``TagsRecord`` of the contract."""

    type: Literal["tags"]
    runId: str
    tags: dict[str, str]


class PointsRecord(TypedDict):
    """``PointsRecord`` of the contract."""

    type: Literal["points"]
    runId: str
    series: list[SeriesPoints]


class HeartbeatRecord(TypedDict):
    """These runs are alive."""

    type: Literal["heartbeat"]
    runIds: list[str]


IngestRecord: TypeAlias = (
    SessionStartRecord
    | SessionMoveRecord
    | SessionEndRecord
    | ExecutionRecord
    | RunCreateRecord
    | RunUpdateRecord
    | ParamsRecord
    | TagsRecord
    | PointsRecord
    | HeartbeatRecord
)


class StoredGit(TypedDict):
    """``StoredGit`` of the contract."""

    commit: str
    branch: str
    dirty: bool
    remote: str


class StoredError(TypedDict):
    """``StoredError`` of the contract."""

    name: str
    message: str
    traceback: str


class Issue(TypedDict):
    """``Issue`` of the contract."""

    field: str
    reason: str
    remedy: NotRequired[str]


class IngestOutputRejected(TypedDict):
    """``IngestOutputRejected`` of the contract."""

    index: int
    code: str
    issues: list[Issue]


class IngestOutput(TypedDict):
    """``IngestOutput`` of the contract."""

    seq: int
    duplicate: bool
    accepted: int
    rejected: list[IngestOutputRejected]


class MetricSummary(TypedDict):
    """``MetricSummary`` of the contract."""

    last: float | Literal["NaN", "Infinity", "-Infinity"]
    lastStep: int
    lastTime: int
    min: float | Literal["NaN", "Infinity", "-Infinity"]
    max: float | Literal["NaN", "Infinity", "-Infinity"]
    count: int


class StoredRunSource(TypedDict):
    """``StoredRunSource`` of the contract."""

    sessionId: str | None
    executionId: str | None
    cellId: str | None
    executionCount: int | None
    entrypoint: str
    host: str
    git: StoredGit | None
    user: NotRequired[str]
    notebookId: str | None
    notebookPath: str | None


class StoredRun(TypedDict):
    """``StoredRun`` of the contract."""

    id: str
    experimentId: str
    experimentName: str
    name: str
    parentRunId: str | None
    status: Literal["running", "scheduled", "finished", "failed", "killed", "lost"]
    lifecycle: Literal["active", "archived", "deleted"]
    startedAt: int
    endedAt: int | None
    heartbeatAt: int
    userName: str
    notes: str
    tags: dict[str, str]
    params: dict[str, str]
    metrics: dict[str, MetricSummary]
    source: StoredRunSource
    error: StoredError | None
    artifactCount: int
    childCount: int


class Experiment(TypedDict):
    """``Experiment`` of the contract."""

    id: str
    name: str
    description: str
    tags: dict[str, str]
    lifecycle: Literal["active", "deleted"]
    createdAt: int
    updatedAt: int
    runCount: int
    runningCount: int
    lastRunAt: int | None


class Artifact(TypedDict):
    """``Artifact`` of the contract."""

    runId: str
    path: str
    kind: Literal["file", "figure", "table", "text"]
    size: int
    digest: str
    mediaType: str
    createdAt: int


class UploadPart(TypedDict):
    """``UploadPart`` of the contract."""

    number: int
    size: int
    digest: str


class Upload(TypedDict):
    """``Upload`` of the contract."""

    id: str
    runId: str
    path: str
    kind: Literal["file", "figure", "table", "text"]
    mediaType: str
    parts: list[UploadPart]
    createdAt: int
    state: Literal["open", "completed", "canceled"]


class History(TypedDict):
    """``History`` of the contract."""

    runId: str
    key: str
    steps: list[float]
    times: list[float]
    values: list[float | Literal["NaN", "Infinity", "-Infinity"]]
    min: NotRequired[list[float | Literal["NaN", "Infinity", "-Infinity"]]]
    max: NotRequired[list[float | Literal["NaN", "Infinity", "-Infinity"]]]
    total: int
    sampled: bool


class Notebook(TypedDict):
    """``Notebook`` of the contract."""

    id: str
    path: str
    userName: str
    createdAt: int
    updatedAt: int
    runCount: int


class User(TypedDict):
    """``User`` of the contract."""

    id: str
    name: str
    role: Literal["owner", "editor", "viewer"]
    disabled: bool
    createdAt: int


class Token(TypedDict):
    """``Token`` of the contract."""

    id: str
    userId: str
    userName: str
    label: str
    prefix: str
    createdAt: int
    lastUsedAt: int | None
    expiresAt: int | None
