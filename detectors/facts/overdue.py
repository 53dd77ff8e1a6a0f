"""How a duty that was not done in time is told, where it concerns one loan."""

from __future__ import annotations

from detectors.facts.duties import Duty
from detectors.facts.loan_life import LivingLoan
from findings import Finding, Message, Range, Signal, Subject


def finding(living: LivingLoan, duty: Duty, missed: int, quarters: int, message: Message) -> Finding:
    """The finding about a loan whose duty `missed` quarters went by without, of `quarters` allowed at most one less.

    The message may use {loan}, {due}, {quarters} and {last}; the amount is what is still owed, in minor units.
    """
    values = {
        "loan": living.loan_id,
        "due": duty.due_on.isoformat(),
        "quarters": missed,
        "last": duty.last_on.isoformat() if duty.last_on else "–",
    }
    return Finding(
        identity={"loan_id": living.loan_id, "due_on": duty.due_on.isoformat()},
        subject=Subject("loan", living.loan_id),
        severity="Y",
        amount=Range(living.balance, living.balance, living.loan.currency),
        message=Message(en=message.en, zh=message.zh, values=values),
        signals=(Signal("quarters_missed", missed, quarters),),
        parties=(living.loan.borrower_id,),
        evidence=duty.evidence,
    )
