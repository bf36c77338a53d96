"""The kernel's side of the explorer: every request of a browser, checked, answered or refused."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from fastdup_nb._version import __version__
from fastdup_nb.errors import FastdupError, OptionError
from fastdup_nb.views.explore.query import run_query
from fastdup_nb.views.explore.records import details_of, image_records, row_records
from fastdup_nb.views.explore.state import State
from fastdup_nb.views.wording import as_unicode
from fastdup_nb.widget.changing import changing_facets
from fastdup_nb.widget.cleaner import Cleaner
from fastdup_nb.widget.decisions import Decisions
from fastdup_nb.widget.marks import Marks
from fastdup_nb.widget.messages import MOST_IDS, Request, parse_request, request_number
from fastdup_nb.widget.replies import Reply, error_content, to_message
from fastdup_nb.widget.shown import answer_content, facet_content, order_bytes
from fastdup_nb.widget.thumbnails import Order, ThumbnailMaker

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from fastdup_nb.views.explore.collection import Collection
    from fastdup_nb.views.explore.table import Table

PROTOCOL = 1
MOST_LOGGED = 500
URGENT = -1
Sender = Callable[[dict[str, Any], list[bytes]], None]


class Front(Protocol):
    """What a service tells the widget that it works for."""

    @property
    def selected(self) -> Sequence[int]:
        """The selected images."""

    def show(self, view: str, state: State) -> object:
        """Show a view in a state."""

    def set_selected(self, ids: Sequence[int]) -> None:
        """Select images."""

    def drop_gone(self) -> None:
        """Let images that have gone be selected no longer."""

    def refresh(self) -> None:
        """Tell the browser about views, marks and labels, as far as they have changed."""


class Service:
    """Answers requests about a collection.

    Parameters
    ----------
    collection : Collection
    front : Front
    send : callable
        Takes a message and its buffers; called by any thread.
    """

    def __init__(self, collection: Collection, front: Front, send: Sender) -> None:
        self.collection = collection
        self.marks = Marks()
        self.cleaner = Cleaner(collection, self.marks)
        self.thumbnails = ThumbnailMaker(collection.images.path)
        self.log: list[str] = []
        self._front, self._send = front, send
        self._binary = True
        self.decisions = Decisions(collection, self.marks)
        self._answers: dict[str, Callable[[Request], Reply | None]] = {
            "query": self._query,
            "facet": self._facet,
            "rows": self._rows,
            "members": self._members,
            "images": self._images,
            "thumbs": self._thumbs,
            "image": self._image,
            "cancel": self._cancel,
            "details": self._details,
            "similar": self._similar,
            "select_matching": self._select_matching,
            "mark": self._mark,
            "unmark": self._unmark,
            "undo_mark": self._undo_mark,
            "redo_mark": self._redo_mark,
            "keep_best": self._keep_best,
            "mode": self._mode,
            "plan": self._plan,
            "apply": self._apply,
            "undo": self._undo,
        }

    def handle(self, content: object, buffers: Sequence[Any] = ()) -> None:
        """Answer a message of a browser; whatever it is, nothing is raised."""
        number = request_number(content)
        try:
            request = parse_request(content)
            if request.kind == "hello":
                self._greet(request, buffers)
                return
            reply = self._answers[request.kind](request)
        except FastdupError as error:
            self.refuse(number, error)
        except Exception as error:  # noqa: BLE001 - a browser must not end anything
            self.refuse(number, self._unexpected(error))
        else:
            if reply is not None:
                self.reply(request.number, reply)

    def reply(self, number: int, reply: Reply) -> None:
        """Send an answer."""
        self._send(*to_message(reply, number, binary=self._binary))

    def refuse(self, number: int | None, error: FastdupError) -> None:
        """Send an error as the answer, and note it."""
        self.note(str(error))
        content = error_content(error)
        if number is None:
            self._send({"kind": "error", **content}, [])
        else:
            self._send({"kind": "reply", "request": number, "error": content}, [])

    def note(self, text: str) -> None:
        """Put a line into the log."""
        stamp = datetime.now().astimezone().strftime("%H:%M:%S")
        self.log = [*self.log[-MOST_LOGGED + 1 :], f"{stamp}  {as_unicode(text)}"]

    def tell_failure(self, error: Exception) -> None:
        """Tell that something outside of the explorer failed, such as what observes it."""
        self.note("".join(traceback.format_exception(error)))
        message = f"A function that observes the explorer failed: {error!r}."
        hint = "The log of the explorer (.log) tells where."
        self._send({"kind": "error", "message": as_unicode(message), "hint": hint}, [])

    def announce(self, *what: str, ids: Iterable[int] | None = None) -> None:
        """Tell the browser that rows or images have changed."""
        listed = None if ids is None else list(ids)
        if listed is not None and len(listed) > MOST_IDS:
            listed = None
        self._send({"kind": "changed", "what": list(what), "ids": listed}, [])

    def find_similar(self, image: int, k: int) -> int:
        """Show the images most similar to one; return how many."""
        from fastdup_nb.engine.nearest import nearest_rows

        images = self.collection.images
        self.collection.check_images([image])
        images.check_current()
        ids, similarity = nearest_rows(images.results, image, k)
        name = images.folder_and_name(image)[1]
        self.collection.show_matches(name, ids.tolist(), similarity.tolist())
        self._front.show("search", State())
        return len(ids)

    def after_cleaning(self, images: Iterable[int], *, relabelled: bool) -> None:
        """Make views and browser follow what has gone, come back or been relabelled."""
        ids = list(images)
        self.thumbnails.forget(ids)
        self._front.refresh()
        self._front.drop_gone()
        if ids or relabelled:
            self.announce("rows", "images", ids=ids)

    def close(self) -> None:
        """End: nothing is answered any more."""
        self.thumbnails.close()
        self._answers.clear()

    def _unexpected(self, error: Exception) -> OptionError:
        self.note("".join(traceback.format_exception(error)))
        kind = type(error).__name__
        hint = "The log of the explorer (.log) tells more; please report it."
        return OptionError(f"The explorer could not do this ({kind}).", hint)

    def open(self, view: str) -> Table:
        """Return the table of a view, with marks and the selection as they are now."""
        images = self.collection.images
        images.changing = changing_facets(len(images), self.marks, self._front.selected)
        return self.collection.open(view)

    def _table(self, request: Request) -> Table:
        return self.open(request["view"])

    # Transport

    def _greet(self, request: Request, buffers: Sequence[Any]) -> None:
        arrived = len(buffers) == 1 and len(bytes(buffers[0])) == 1
        self._binary = self._binary and arrived
        message = {
            "kind": "reply",
            "request": request.number,
            "nonce": request["nonce"],
            "binary": arrived,
            "version": __version__,
            "protocol": PROTOCOL,
            "images": len(self.collection.images),
        }
        # With bytes even if they did not arrive here: the browser must see whether they do there.
        self._send(message, [b"\x01"])
        self._tell_notes()

    def _tell_notes(self) -> None:
        """Tell what was left out while data were read; once."""
        notes = self.collection.images.notes
        for note in notes:
            self._send({"kind": "error", "message": as_unicode(note), "hint": ""}, [])
        notes.clear()

    def _mode(self, request: Request) -> Reply:
        self._binary = self._binary and request["binary"]
        return Reply({"binary": self._binary})

    # What to show

    def _query(self, request: Request) -> Reply:
        begun = time.perf_counter()
        table = self._table(request)
        answer = run_query(table, request["state"])
        self._front.refresh()
        self._tell_notes()
        spent = 1000 * (time.perf_counter() - begun)
        content = {"view": request["view"], **answer_content(answer), "ms": round(spent, 1)}
        return Reply(content, [order_bytes(answer)])

    def _facet(self, request: Request) -> Reply:
        table = self._table(request)
        found = facet_content(table, request["state"], request["facet"], request["text"] or "")
        return Reply(found)

    def _rows(self, request: Request) -> Reply:
        table = self.collection.open(request["view"])
        rows = row_records(table, request["rows"], request["column"])
        return Reply({"view": request["view"], "rows": rows})

    def _members(self, request: Request) -> Reply:
        table = self.collection.open(request["view"])
        table.check_row(request["row"])
        ids = table.ids_of(request["row"])
        more = max(0, len(ids) - MOST_IDS)
        content = {"view": request["view"], "row": request["row"]}
        return Reply({**content, "ids": ids[:MOST_IDS], "more": more})

    def _images(self, request: Request) -> Reply:
        self.collection.check_images(request["ids"])
        return Reply({"images": image_records(self.collection.images, request["ids"])})

    def _details(self, request: Request) -> Reply:
        self.collection.check_images([request["id"]])
        view, row = request["view"], request["row"]
        table = self.collection.open(view) if view is not None and row >= 0 else None
        place = None if table is None else row
        return Reply(details_of(self.collection, request["id"], table, place))

    def _similar(self, request: Request) -> Reply:
        return Reply({"count": self.find_similar(request["id"], request["k"])})

    # Pictures

    def _thumbs(self, request: Request) -> None:
        self.collection.check_images(request["ids"])
        number = request.number

        def deliver(made: dict[int, bytes], failed: dict[int, str]) -> None:
            ids = [image for image in request["ids"] if image in made]
            reasons = {str(image): as_unicode(reason) for image, reason in failed.items()}
            pictures = [made[image] for image in ids]
            self.reply(number, Reply({"ids": ids, "failed": reasons}, pictures))

        order = Order(number, list(request["ids"]), request["side"], deliver)
        self.thumbnails.start(order, request["priority"])

    def _image(self, request: Request) -> None:
        image, number = request["id"], request.number
        self.collection.check_images([image])

        def deliver(made: dict[int, bytes], failed: dict[int, str]) -> None:
            if image in failed:
                reason = as_unicode(failed[image])
                self.refuse(number, OptionError(f"It cannot be shown: {reason}."))
                return
            width, height = _size_of(made[image])
            content = {"id": image, "width": width, "height": height, "mime": "image/jpeg"}
            self.reply(number, Reply(content, [made[image]]))

        self.thumbnails.start(Order(number, [image], request["side"], deliver), URGENT)

    def _cancel(self, request: Request) -> None:
        self.thumbnails.cancel(request["requests"])

    # Selection and marks

    def _select_matching(self, request: Request) -> Reply:
        table = self._table(request)
        ids = self.decisions.matching(table, request["state"], request["which"])
        self._front.set_selected(ids)
        return Reply({"selected": len(ids)})

    def _mark(self, request: Request) -> Reply:
        count = self.decisions.mark(request["ids"], request["action"], request["label"])
        self._front.refresh()
        return Reply({"marked": count})

    def _unmark(self, request: Request) -> Reply:
        count = self.decisions.unmark(request["ids"])
        self._front.refresh()
        return Reply({"marked": count})

    def _undo_mark(self, _request: Request) -> Reply:
        return self._stepped(self.marks.undo(), "Taken back", "There is nothing to take back.")

    def _redo_mark(self, _request: Request) -> Reply:
        return self._stepped(self.marks.redo(), "Done again", "There is nothing to do again.")

    def _stepped(self, what: str, done: str, nothing: str) -> Reply:
        self._front.refresh()
        return Reply({"text": f"{done}: {what}." if what else nothing})

    def _keep_best(self, request: Request) -> Reply:
        table = self._table(request)
        marked, kept = self.decisions.keep_best(
            table, request["state"], request["rows"], request["rule"]
        )
        self._front.refresh()
        return Reply({"marked": marked, "kept": kept})

    # Cleaning

    def _plan(self, _request: Request) -> Reply:
        plan = self.cleaner.plan()
        refused = [[image, as_unicode(why)] for image, why in plan.refused.items()]
        return Reply(
            {
                "token": plan.token,
                "delete": len(plan.cleaning.plan.going),
                "relabel": len(plan.relabel),
                "bytes": plan.cleaning.plan.freed,
                "text": plan.lines(),
                "refused": refused[:MOST_IDS],
            }
        )

    def _apply(self, request: Request) -> Reply:
        done = self.cleaner.apply(self.cleaner.confirm(request["token"]))
        self.after_cleaning(done.images, relabelled=done.relabelled)
        left = [[image, as_unicode(why)] for image, why in done.left.items()]
        return Reply({"text": done.lines, "undo": self.cleaner.can_undo, "left": left[:MOST_IDS]})

    def _undo(self, _request: Request) -> Reply:
        if not self.cleaner.can_undo:
            raise OptionError("Nothing was applied here that could be taken back.")
        done = self.cleaner.undo()
        self.after_cleaning(done.images, relabelled=done.relabelled)
        return Reply({"text": done.lines})


def _size_of(jpeg: bytes) -> tuple[int, int]:
    from io import BytesIO

    from PIL import Image

    with Image.open(BytesIO(jpeg)) as image:
        return image.size
