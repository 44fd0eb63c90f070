"""What a world contains, counted: for a newcomer to see the world that he works in."""

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from risk.simulate.identities import payer_id
from risk.simulate.payees import PAYER, unpack
from risk.simulate.rows import DAY_MILLIS, NOT_GIVEN, Payments
from risk.simulate.spec import Spec
from risk.simulate.uses import CHANNELS, DECLINED, KIND, KINDS, TRANSFER, USES
from risk.simulate.world import World

_SAMPLED = 4_000  # amounts kept of each use, for the picture


@dataclass
class Fraud:
    """One kind of fraud, added up. `days` has an entry a payment, `example` is a victim."""

    cases: set[int] = field(default_factory=set)
    payments: int = 0
    cents: int = 0
    unseen: int = 0
    reported: int = 0
    days: list[int] = field(default_factory=list)
    example: int = -1


@dataclass
class Flow:
    """Money through one account: (milliseconds since the start, cents in or -out, of a case).

    `stolen` adds up the cents that came in by cases.
    """

    moves: list[tuple[int, int, bool]] = field(default_factory=list)
    stolen: int = 0


@dataclass
class Survey:
    """The counts of one world."""

    spec: Spec
    payments: int = 0
    uses: Counter[int] = field(default_factory=Counter)
    cents: Counter[int] = field(default_factory=Counter)
    channels: Counter[int] = field(default_factory=Counter)
    hours: Counter[tuple[int, int]] = field(default_factory=Counter)  # (kind, hour)
    amounts: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    declined: int = 0
    memos: int = 0
    transfers: int = 0
    frauds: dict[str, Fraud] = field(default_factory=lambda: defaultdict(Fraud))
    others: Counter[str] = field(default_factory=Counter)
    flows: dict[int, Flow] = field(default_factory=lambda: defaultdict(Flow))

    def text(self) -> str:
        """The counts as a page of text."""
        return "\n".join(
            [told(self.spec), *self._shape(), "", *self._uses(), "", *self._fraud()]
        )

    def _shape(self) -> list[str]:
        people = self.spec.payers * self.spec.days
        channels = ", ".join(
            f"{CHANNELS[n]} {count / self.payments:.0%}"
            for n, count in self.channels.most_common()
        )
        return [
            f"{self.payments:,} payments in {self.spec.days} days, "
            f"{self.payments / people:.2f} a payer and day; "
            f"{self.declined / self.payments:.1%} declined; "
            f"{self.memos / max(self.transfers, 1):.0%} of transfers with a memo",
            f"channels: {channels}",
        ]

    def _uses(self) -> list[str]:
        lines = [
            f"{'kind':<13}{'use':<13}{'payments':>10}{'share':>8}{'median':>10}{'money':>15}"
        ]
        for use, count in sorted(self.uses.items()):
            median = sorted(self.amounts[use])[len(self.amounts[use]) // 2] / 100
            lines.append(
                f"{USES[use].kind:<13}{USES[use].name:<13}{count:>10,}"
                f"{count / self.payments:>8.1%}{median:>10,.2f}{self.cents[use] / 100:>15,.0f}"
            )
        return lines

    def _fraud(self) -> list[str]:
        total = sum(fraud.payments for fraud in self.frauds.values())
        lines = [
            f"fraud: {total:,} payments, {total / self.payments:.3%}, "
            f"{sum(f.cents for f in self.frauds.values()) / 100:,.0f} in money",
            f"{'kind':<24}{'cases':>7}{'payments':>10}{'money':>13}{'unseen':>8}{'reported':>10}"
            "  a victim to read (risk simulate story --payer)",
        ]
        ordered = sorted(self.frauds.items(), key=lambda item: (-item[1].payments, item[0]))
        for kind, fraud in ordered:
            lines.append(
                f"{kind:<24}{len(fraud.cases):>7,}{fraud.payments:>10,}"
                f"{fraud.cents / 100:>13,.0f}"
                f"{fraud.unseen / fraud.payments:>8.0%}{fraud.reported / fraud.payments:>10.0%}"
                f"  {payer_id(fraud.example)}"
            )
        others = ", ".join(f"{name} {count:,}" for name, count in sorted(self.others.items()))
        return [*lines, f"no fraud, but of a case: {others or 'nothing'}"]


def told(spec: Spec) -> str:
    """One line that names the world, for whatever quotes a figure from it."""
    return (
        f"world: preset {spec.preset}, memo signal {spec.signal}, seed {spec.seed}, "
        f"{spec.payers:,} payers from {spec.start}, rails {','.join(spec.rails)}, "
        f"{spec.currency}"
    )


def survey(world: World, show: Callable[[int], None] = lambda day: None) -> Survey:
    """Count a world's days; `show` is told how many are done."""
    found = Survey(world.spec)
    for number in range(world.spec.days):
        payments, entries = world.payments(number)
        _count(found, payments)
        for place in np.flatnonzero(payments.case != NOT_GIVEN).tolist():
            entry = entries[payments.case[place]]
            kind = entry.step.kind or entry.case.kind
            if not entry.case.fraud or kind == "preparation":
                found.others[kind] += 1
                continue
            fraud = found.frauds[kind]
            fraud.cases.add(entry.case.number)
            fraud.payments += 1
            fraud.cents += int(payments.cents[place])
            fraud.unseen += entry.unseen
            fraud.reported += entry.case.delay is not None
            fraud.days.append(number)
            fraud.example = fraud.example if fraud.example >= 0 else entry.step.payer
        _follow_money(found, payments, number)
        show(number + 1)
    return found


def _count(found: Survey, payments: Payments) -> None:
    found.payments += len(payments)
    found.declined += int((payments.status == DECLINED).sum())
    for name, column in (("uses", payments.use), ("channels", payments.channel)):
        values, counts = np.unique(column, return_counts=True)
        getattr(found, name).update(dict(zip(values.tolist(), counts.tolist(), strict=True)))
    transfers = KIND[payments.use] == TRANSFER
    found.transfers += int(transfers.sum())
    found.memos += int((transfers & (payments.family > 0)).sum())
    for use in np.unique(payments.use).tolist():
        cents = payments.cents[payments.use == use]
        found.cents[use] += int(cents.sum())
        kept = found.amounts[use]
        kept.extend(cents[: _SAMPLED - len(kept)].tolist())
    for kind in range(len(KINDS)):
        hours = payments.moment[KIND[payments.use] == kind] // 3_600_000
        found.hours.update((kind, hour) for hour in hours.tolist())


def _follow_money(found: Survey, payments: Payments, day: int) -> None:
    """What goes through accounts that took part in a case."""
    ours = np.flatnonzero((payments.payee >> 52) == PAYER)
    begin = day * DAY_MILLIS
    for place in ours.tolist():
        receiver = unpack(int(payments.payee[place]))[3]
        stolen = bool(payments.case[place] != NOT_GIVEN)
        if stolen or receiver in found.flows:
            flow = found.flows[receiver]
            move = (begin + int(payments.moment[place]), int(payments.cents[place]), stolen)
            flow.moves.append(move)
            flow.stolen += stolen * move[1]
    for place in np.flatnonzero(np.isin(payments.payer, list(found.flows))).tolist():
        flow = found.flows[int(payments.payer[place])]
        out = -int(payments.cents[place])
        stolen = bool(payments.case[place] != NOT_GIVEN)
        flow.moves.append((begin + int(payments.moment[place]), out, stolen))
