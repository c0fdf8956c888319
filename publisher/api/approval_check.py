"""Refuses a version that needs a second person and has no approval of exactly this content."""

from publisher.api.problems import ApiError
from publisher.core.approval import Approval, is_approved, need_of
from publisher.core.phrases import role_phrase
from publisher.stream.versions import ItemRecord
from ticker.contract.item import Item
from ticker.contract.site import Site


def check_approval(site: Site, item: Item, record: ItemRecord | None, approval: Approval | None) -> None:
    """Raises `ApiError` 409 where the site's rules want a second person for `item`, which follows `record`."""
    if not site.approvals:
        return
    need = need_of(site.approvals, item, record.item if record else None)
    if need is not None and not is_approved(approval, item):
        raise ApiError(409, "approval-needed", approver=role_phrase(need.approver))
