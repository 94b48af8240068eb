"""A whole release by a client in Python that was generated from the OpenAPI file: each party by a token of its own node."""

from __future__ import annotations

import datetime
import uuid

import httpx
import pytest

from landside_client.api.cases import read_case
from landside_client.api.documents import issue_document, read_document
from landside_client.api.gate import judge_truck, let_out
from landside_client.api.session import who_am_i
from landside_client.client import AuthenticatedClient
from landside_client.models import (
    ArrivalDraft, Case, Condition, CustomsState, CustomsStatusDraft, DriverBindingDraft, GateDecision, Haulage,
    InterchangeReceiptDraft, IsArrival, IsCustomsStatus, IsDriverBinding, IsInterchangeReceipt, IsPassRight,
    IsReleaseOrder, IsSlotRequest, Issued, NewArrival, NewCustomsStatus, NewDriverBinding, NewInterchangeReceipt,
    NewPassRight, NewReleaseOrder, NewSlotRequest, Outcome, PassRightDraft, Problem, ReleaseOrderDraft, ReleaseTerms,
    Session, SlotRequestDraft, TruckLeaves, TruckSeen, Verdict, Window,
)

from network import until

LINE, TERMINAL, CUSTOMS = "northsea-line", "delta-terminal", "port-customs"
FORWARDER, HAULIER = "brandt-forwarding", "polder-trucking"
PLATE = "82-BKX-7"


def container(serial: int) -> str:
    """A container number with its check digit (ISO 6346)."""
    text = f"NSLU{serial:06d}"
    values = {c: v for c, v in zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", (n for n in range(10, 39) if n % 11))}
    total = sum((values.get(c) if c.isalpha() else int(c)) * 2**at for at, c in enumerate(text))
    return f"{text}{total % 11 % 10}"


def utc(hours: float) -> datetime.datetime:
    return datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=hours)


def the(only):
    """The one value of an enumeration of one."""
    (value,) = only
    return value


class Desk:
    """A program at a party."""

    def __init__(self, network, party: str, token: str) -> None:
        self.party = party
        self.client = AuthenticatedClient(base_url=network.consoles[party], token=token, timeout=httpx.Timeout(40))

    def sign(self, document) -> Issued:
        """Has a document signed, sent twice as if the first answer were lost."""
        key = str(uuid.uuid4())
        said = issue_document.sync(client=self.client, body=document, idempotency_key=key)
        assert isinstance(said, Issued), said
        again = issue_document.sync(client=self.client, body=document, idempotency_key=key)
        assert again == said
        return said

    def case(self, number: str) -> Case | None:
        seen = read_case.sync(number, client=self.client)
        return seen if isinstance(seen, Case) else None

    def until(self, what: str, number: str, holds) -> Case:
        """Waits until a case as this party sees it is so."""
        def look():
            case = self.case(number)
            return case if case is not None and holds(case) else None
        return until(f"{self.party}: {what}", look)


@pytest.fixture(scope="module")
def desks(network):
    scopes = {
        LINE: ("lotte", "read", "sign:release-order"),
        CUSTOMS: ("carlos", "read", "sign:customs-status"),
        FORWARDER: ("frits", "read", "sign:pass-right"),
        HAULIER: ("hilda", "read", "sign:driver-binding", "sign:slot-request"),
    }
    desks = {party: Desk(network, party, network.token(party, *of)) for party, of in scopes.items()}
    desks["yard"] = Desk(network, TERMINAL, network.token(TERMINAL, "tessa", "read", "sign:arrival"))
    desks["gate"] = Desk(network, TERMINAL, network.token(TERMINAL, "gerrit", "read", "gate"))
    return desks


def test_a_container_is_released_and_leaves_by_programs_alone(network, desks):
    number, bill = container(700001), "NSL-API-1"
    line, customs, forwarder, haulier = (desks[p] for p in (LINE, CUSTOMS, FORWARDER, HAULIER))
    yard, gate = desks["yard"], desks["gate"]
    who = who_am_i.sync(client=line.client)
    assert isinstance(who, Session) and who.scopes == ["read", "sign:release-order"]

    terms = ReleaseTerms(release_to=FORWARDER, valid_until=utc(72), haulage=Haulage.MERCHANT)
    order = ReleaseOrderDraft(container=number, terminal=TERMINAL, bill=bill, terms=terms, consignee="Meyer GmbH")
    released = line.sign(NewReleaseOrder(kind=the(IsReleaseOrder), fields=order))
    assert released.outcome == Outcome.ACCEPTED, released
    cleared = CustomsStatusDraft(container=number, terminal=TERMINAL, status=CustomsState.RELEASED, consignment=bill)
    customs.sign(NewCustomsStatus(kind=the(IsCustomsStatus), fields=cleared))
    ashore = ArrivalDraft(container=number, available=True, cleared=True, discharged_at=utc(-1))
    assert yard.sign(NewArrival(kind=the(IsArrival), fields=ashore)).outcome == Outcome.REGISTERED

    forwarder.until("has the right", number, lambda case: case.right and case.right.holder == FORWARDER)
    passed = PassRightDraft(container=number, to=HAULIER)
    assert forwarder.sign(NewPassRight(kind=the(IsPassRight), fields=passed)).outcome == Outcome.ACCEPTED
    haulier.until("has the right", number, lambda case: case.right and case.right.holder == HAULIER)
    device = network.landside("driver", "key", "show")[0]["public_key"]
    bound = DriverBindingDraft(container=number, driver=device, plate=PLATE)
    haulier.sign(NewDriverBinding(kind=the(IsDriverBinding), fields=bound))
    window = SlotRequestDraft(container=number, window=Window(from_=utc(0), until=utc(1)))
    haulier.sign(NewSlotRequest(kind=the(IsSlotRequest), fields=window))
    yard.until("issues the pass", number, lambda case: case.pass_)

    shown = until("the driver has the pass", lambda: network.landside("driver", "collect", "--present", number, check=False))
    shown = next(line["text"] for line in shown if line["event"] == "presentation")
    decided = judge_truck.sync(client=gate.client, body=truck(shown))
    assert isinstance(decided, GateDecision) and decided.verdict == Verdict.ADMIT, decided
    sound = InterchangeReceiptDraft(container=number, seals=["HL99001"], condition=Condition.SOUND)
    gate.sign(NewInterchangeReceipt(kind=the(IsInterchangeReceipt), fields=sound))
    left = let_out.sync(client=gate.client, body=leaves(number), idempotency_key="gate-out-1")
    assert isinstance(left, Issued) and left.outcome == Outcome.REGISTERED, left
    again = let_out.sync(client=gate.client, body=leaves(number), idempotency_key="gate-out-1")
    assert again == left, "sent again it is the same gate-out"
    twice = let_out.sync(client=gate.client, body=leaves(number), idempotency_key="gate-out-2")
    assert isinstance(twice, Problem), twice

    closed = line.until("sees it leave", number, lambda case: case.gate_out)
    assert closed.gate_out.id == left.id
    signed = read_document.sync(left.id, client=gate.client)
    assert signed.signed_by.login == "gerrit" and signed.signed_by.program == "a test"


def truck(shown):
    return TruckSeen(shown=shown, plate=PLATE)


def leaves(number):
    return TruckLeaves(subject=number, unsigned_because="the driver's telephone was empty")


def test_a_program_does_no_more_than_its_scopes(desks):
    number = container(700002)
    passed = NewPassRight(kind=the(IsPassRight), fields=PassRightDraft(container=number, to=HAULIER))
    refused = issue_document.sync(client=desks[LINE].client, body=passed)
    assert isinstance(refused, Problem) and (refused.status, refused.code) == (403, "not-permitted")


def test_an_answer_that_did_not_change_is_not_sent_again(network, desks):
    client = desks[LINE].client
    with httpx.Client(base_url=network.consoles[LINE], headers={"Authorization": f"Bearer {client.token}"}) as plain:
        first = plain.get("/api/v1/cases", params={"state": "all", "limit": 1})
        assert first.status_code == 200
        same = plain.get("/api/v1/cases", params={"state": "all", "limit": 1}, headers={"If-None-Match": first.headers["etag"]})
        assert (same.status_code, same.content) == (304, b"")
        code = first.json()["cases"][0]["code"]
        case = plain.get(f"/api/v1/cases/{code}")
        same = plain.get(f"/api/v1/cases/{code}", headers={"If-None-Match": f'"x", {case.headers["etag"]}'})
        assert same.status_code == 304
        other = plain.get(f"/api/v1/cases/{code}", headers={"If-None-Match": '"x"'})
        assert (other.status_code, other.headers["etag"]) == (200, case.headers["etag"])
        page = plain.get("/api/v1/cases", params={"state": "all", "limit": 1, "after": first.json()["next"]})
        assert page.json()["cases"][0]["code"] > code
