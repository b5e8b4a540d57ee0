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
CELLS_LIMIT = 20_000
OUTPUTS_OF_CELL_LIMIT = 10_000
PART_INLINE_LIMIT = 4_194_304
PART_BYTES_LIMIT = 1_073_741_824
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


class Need(TypedDict):
    """``Need`` of the contract."""

    order: int
    names: list[str]
    why: str
    sure: bool


class Touch(TypedDict):
    """``Touch`` of the contract."""

    name: str
    how: Literal["bound", "changed", "deleted"]
    sure: bool


class Flow(TypedDict):
    """``Flow`` of the contract."""

    needs: list[Need]
    touches: list[Touch]


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
    flow: NotRequired[Flow | None]
    outputs: NotRequired[list[str]]


class Part(TypedDict):
    """``Part`` of the contract."""

    digest: str
    kind: Literal["cell", "output", "diff", "variable"]
    body: str


class EnvironmentGpus(TypedDict):
    """``EnvironmentGpus`` of the contract."""

    name: str
    memoryBytes: int
    driver: str


class EnvironmentPackages(TypedDict):
    """``EnvironmentPackages`` of the contract."""

    name: str
    version: str
    hash: NotRequired[str]
    source: NotRequired[str]


class Environment(TypedDict):
    """``Environment`` of the contract."""

    python: str
    implementation: NotRequired[str]
    language: NotRequired[dict[str, object] | None]
    os: NotRequired[str]
    machine: NotRequired[str]
    cpu: NotRequired[str]
    cpuCount: NotRequired[int]
    memoryBytes: NotRequired[int]
    gpus: NotRequired[list[EnvironmentGpus]]
    packages: NotRequired[list[EnvironmentPackages]]


class CellEntry(TypedDict):
    """``CellEntry`` of the contract."""

    id: str
    type: Literal["code", "markdown", "raw"]
    cell: str
    executionCount: int | None
    outputs: list[str]


class NotebookDocument(TypedDict):
    """``NotebookDocument`` of the contract."""

    takenFrom: Literal["editor", "disk"]
    nbformat: list[object]
    metadata: dict[str, object]
    cells: list[CellEntry]
    warnings: NotRequired[list[str]]


class OpenedFile(TypedDict):
    """``OpenedFile`` of the contract."""

    path: str
    mode: Literal["read", "write", "both"]
    size: int | None
    digest: str | None
    orders: list[int]


class Seed(TypedDict):
    """``Seed`` of the contract."""

    generator: str
    seed: str | None
    order: int | None


class Finding(TypedDict):
    """``Finding`` of the contract."""

    cellId: str | None
    kind: Literal["stale", "edited", "gone", "order", "undefined"]
    reason: str
    orders: NotRequired[list[int]]
    names: NotRequired[list[str]]


class KernelRecordData(TypedDict):
    """``KernelRecordData`` of the contract."""

    kind: str
    name: str
    version: str
    digest: str


class KernelRecord(TypedDict):
    """``KernelRecord`` of the contract."""

    sessionId: str
    lastOrder: int | None
    environment: str | None
    git: dict[str, object] | None
    files: NotRequired[list[OpenedFile]]
    seeds: NotRequired[list[Seed]]
    variables: NotRequired[dict[str, str]]
    commandLine: NotRequired[list[str]]
    folder: NotRequired[str]
    data: NotRequired[list[KernelRecordData]]
    findings: NotRequired[list[Finding]]
    warnings: NotRequired[list[str]]


class SnapshotInput(TypedDict):
    """``SnapshotInput`` of the contract."""

    id: str
    reason: Literal["start", "end", "manual", "promote", "checkpoint", "verify"]
    label: NotRequired[str]
    takenAt: int
    notebookPath: NotRequired[str | None]
    runIds: NotRequired[list[str]]
    kernel: NotRequired[KernelRecord | None]
    document: NotRequired[NotebookDocument | None]


class KeptVariable(TypedDict):
    """``KeptVariable`` of the contract."""

    name: str
    type: str
    how: Literal["pickle", "arrow", "numpy", "executions", "none"]
    parts: list[str]
    size: int
    together: NotRequired[str | None]
    executions: NotRequired[list[int]]
    why: NotRequired[str]


class CheckpointInput(TypedDict):
    """``CheckpointInput`` of the contract."""

    id: str
    sessionId: str
    snapshotId: NotRequired[str | None]
    label: NotRequired[str]
    takenAt: int
    python: str
    variables: list[KeptVariable]


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


class PartRecord(TypedDict):
    """A cell or an output, before the execution or snapshot that names it."""

    type: Literal["part"]
    part: Part


class EnvironmentRecord(TypedDict):
    """``EnvironmentRecord`` of the contract."""

    type: Literal["environment"]
    digest: str
    environment: Environment


class SnapshotRecord(TypedDict):
    """``SnapshotRecord`` of the contract."""

    type: Literal["snapshot"]
    snapshot: SnapshotInput


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
    | PartRecord
    | EnvironmentRecord
    | SnapshotRecord
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
    user: str
    userName: str
    notes: str
    tags: dict[str, str]
    params: dict[str, str]
    metrics: dict[str, MetricSummary]
    source: StoredRunSource
    error: StoredError | None
    verdict: dict[str, object] | None
    artifactCount: int
    childCount: int


class StoredExecution(TypedDict):
    """``StoredExecution`` of the contract."""

    id: str
    sessionId: str
    cellId: str | None
    order: int
    executionCount: int | None
    source: str
    startedAt: int
    durationMs: float | None
    status: Literal["running", "ok", "error", "aborted"]
    error: StoredError | None
    reads: list[str]
    writes: list[str]
    flow: dict[str, object] | None
    outputs: list[str]
    notebookPath: str | None
    runIds: list[str]


class SnapshotSummaryRuns(TypedDict):
    """``SnapshotSummaryRuns`` of the contract."""

    id: str
    name: str
    reason: Literal["start", "end", "manual", "promote", "checkpoint", "verify"]


class SnapshotSummary(TypedDict):
    """``SnapshotSummary`` of the contract."""

    id: str
    reason: Literal["start", "end", "manual", "promote", "checkpoint", "verify"]
    label: str
    takenAt: int
    userName: str
    notebookId: str | None
    notebookPath: str | None
    sessionId: str | None
    lastOrder: int | None
    runs: list[SnapshotSummaryRuns]
    runCount: int
    hasDocument: bool
    hasKernel: bool
    cellCount: int
    findingCount: int
    changed: dict[str, object] | None


class StoredSnapshotRuns(TypedDict):
    """``StoredSnapshotRuns`` of the contract."""

    id: str
    name: str
    reason: Literal["start", "end", "manual", "promote", "checkpoint", "verify"]


class StoredSnapshot(TypedDict):
    """``StoredSnapshot`` of the contract."""

    id: str
    reason: Literal["start", "end", "manual", "promote", "checkpoint", "verify"]
    label: str
    takenAt: int
    userName: str
    notebookId: str | None
    notebookPath: str | None
    sessionId: str | None
    lastOrder: int | None
    runs: list[StoredSnapshotRuns]
    runCount: int
    hasDocument: bool
    hasKernel: bool
    cellCount: int
    findingCount: int
    changed: dict[str, object] | None
    kernel: dict[str, object] | None
    document: dict[str, object] | None


class Tolerances(TypedDict):
    """``Tolerances`` of the contract."""

    relative: float
    absolute: float
    metrics: dict[str, dict[str, object]]
    images: float


class VerifyOptions(TypedDict):
    """``VerifyOptions`` of the contract."""

    how: Literal["order", "slice"]
    tolerances: Tolerances
    timeoutSeconds: int
    reuseEnvironment: bool


class Difference(TypedDict):
    """``Difference`` of the contract."""

    kind: Literal["metric", "output", "prediction", "error", "missing", "extra", "environment", "data"]
    name: str
    order: int | None
    cellId: str | None
    was: str
    now: str
    distance: float | Literal["NaN", "Infinity", "-Infinity"] | None
    tolerance: float | None
    counts: bool


class VerdictProgress(TypedDict):
    """``VerdictProgress`` of the contract."""

    stage: Literal["queued", "snapshot", "environment", "data", "execute", "compare", "done"]
    done: int
    total: int
    text: str


class VerdictFindingsCompared(TypedDict):
    """``VerdictFindingsCompared`` of the contract."""

    metrics: int
    outputs: int
    images: int
    predictions: int


class VerdictFindings(TypedDict):
    """``VerdictFindings`` of the contract."""

    environment: Literal["same", "reused", "rebuilt", "partial", "none"] | None
    executed: int
    compared: VerdictFindingsCompared
    differences: list[Difference]
    firstOrder: int | None
    firstCellId: str | None
    error: StoredError | None
    notes: list[str]


class Verdict(TypedDict):
    """``Verdict`` of the contract."""

    id: str
    runId: str | None
    snapshotId: str | None
    status: Literal["queued", "running", "reproduced", "drifted", "failed", "cancelled", "lost"]
    where: Literal["server", "client"]
    askedBy: str
    scheduleId: str | None
    options: VerifyOptions
    progress: VerdictProgress
    findings: VerdictFindings | None
    askedAt: int
    startedAt: int | None
    endedAt: int | None


class VerifySchedule(TypedDict):
    """``VerifySchedule`` of the contract."""

    id: str
    runId: str
    runName: str
    everyHours: int
    options: VerifyOptions
    userName: str
    nextAt: int
    createdAt: int


class StoredCheckpointVariables(TypedDict):
    """``StoredCheckpointVariables`` of the contract."""

    name: str
    type: str
    how: Literal["pickle", "arrow", "numpy", "executions", "none"]
    parts: list[str]
    size: int
    together: str | None
    executions: list[int]
    why: str


class StoredCheckpoint(TypedDict):
    """``StoredCheckpoint`` of the contract."""

    id: str
    sessionId: str
    snapshotId: str | None
    label: str
    takenAt: int
    python: str
    variables: list[StoredCheckpointVariables]
    userId: str
    userName: str
    isOwn: bool
    notebookPath: str | None


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
