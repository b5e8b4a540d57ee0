"""What ``cellkeep.deploy`` gives back: a version that serves, and can be asked."""

from __future__ import annotations

from html import escape
from typing import Any, cast

from ..link import ServerLink
from ..settings import Server


class Deployment:
    """A version of a model behind an endpoint.

    Attributes
    ----------
    name : str
        Of the registered model.
    version : int
        Its version.
    endpoint : str or None
        Name of the endpoint; None where the version was only registered.
    url : str or None
        Address of the endpoint.
    bundle : dict
        What is known of the version: signature, export, origin, ….
    """

    def __init__(
        self, name: str, version: int, endpoint: str | None, server: Server, bundle: dict[str, Any], promotion: dict[str, Any]
    ) -> None:
        self.name = name
        self.version = version
        self.endpoint = endpoint
        self.bundle = bundle
        self.promotion: str = promotion["id"]
        self._server = server
        self._seconds = ((promotion["endedAt"] or promotion["askedAt"]) - promotion["askedAt"]) / 1000

    @property
    def url(self) -> str | None:
        """Address of the endpoint: ``<url>/invocations`` takes rows."""
        return f"{self._server.url}/endpoints/{self.endpoint}" if self.endpoint else None

    def predict(self, rows: Any) -> Any:
        """Ask the endpoint, as any client would.

        Parameters
        ----------
        rows
            Like the example: a DataFrame, an array, a list of dicts.

        Returns
        -------
        numpy.ndarray
            An answer for each row.

        Raises
        ------
        CannotPromote
            There is no endpoint.
        LinkError
            The endpoint does not answer them; the text says why.
        """
        from .asking import ask_endpoint
        from .errors import CannotPromote

        if self.endpoint is None:
            raise CannotPromote(f"version {self.version} of {self.name} was only registered; deploy it with serve=True")
        link = ServerLink(self._server)
        try:
            return ask_endpoint(link, self.endpoint, rows, self.bundle["signature"])
        finally:
            link.close()

    def __repr__(self) -> str:
        report = self.bundle["export"]
        lines = [f"{self.name} version {self.version}" + (f" serves at {self.url}" if self.endpoint else " is registered")]
        difference = report["maxDifference"]
        proof = (
            "" if difference is None else f", greatest difference {cast('float', difference):.2g} on {sum(report['rows'].values())} rows"
        )
        lines.append(
            f"  {self.bundle['className']} as {self.bundle['runtime']}{proof}, {self.bundle['sizeBytes']:,} bytes, {self._seconds:.1f} s"
        )
        if self.endpoint:
            lines.append("  ask it: .predict(rows)")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        text = escape(repr(self))
        if self.url:
            text = text.replace(escape(self.url), f'<a href="{escape(self.url)}" target="_blank">{escape(self.url)}</a>')
        return f"<pre>{text}</pre>"
