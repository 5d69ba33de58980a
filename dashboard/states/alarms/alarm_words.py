"""Codes of alarms and of the journal in the reader's words; scripts find them in the page."""

from dashboard.i18n import Translate

__all__ = ["limit_names", "refusal_text", "refusal_texts", "state_names", "verb_names"]


def state_names(t: Translate) -> dict[str, str]:
    """States of ISA-18.2."""
    return {
        "unacknowledged": t("not acknowledged"),
        "acknowledged": t("acknowledged"),
        "returned_unacknowledged": t("gone, not acknowledged"),
        "shelved": t("shelved"),
        "suppressed_by_design": t("suppressed by design"),
        "out_of_service": t("out of service"),
    }


def limit_names(t: Translate) -> dict[str, str]:
    """Limits by what crossing them means."""
    return {
        "low_low": t("far too low"),
        "low": t("too low"),
        "high": t("too high"),
        "high_high": t("far too high"),
    }


def verb_names(t: Translate) -> dict[str, str]:
    """What a line of the journal tells of."""
    return {
        "alarm.on": t("Alarm came"),
        "alarm.off": t("Alarm went"),
        "alarm.limit": t("Alarm at another limit"),
        "alarm.shelf_ended": t("Returned from the shelf"),
        "alarm.suppress": t("Suppressed by design"),
        "alarm.unsuppress": t("No longer suppressed"),
        "flood.begin": t("Alarm flood began"),
        "flood.end": t("Alarm flood ended"),
        "failure": t("Failure"),
        "repair": t("Repair"),
        "stream.trimmed": t("Events were dropped before they were read"),
        "action.malformed": t("An action could not be read"),
        "alarm.acknowledge": t("Acknowledged"),
        "alarm.shelve": t("Shelved"),
        "alarm.unshelve": t("Taken off the shelf"),
        "alarm.remove": t("Taken out of service"),
        "alarm.restore": t("Back in service"),
        "failure.report": t("Failure reported"),
        "repair.report": t("Repair reported"),
        "comment.add": t("Comment"),
        "service.plan": t("Service planned"),
        "service.move": t("Service moved"),
        "service.cancel": t("Service called off"),
        "action.undo": t("Taken back"),
        "model.recalibrate": t("Model recalibrated"),
        "scenario.save": t("Scenario saved"),
        "scenario.delete": t("Scenario deleted"),
        "class.define": t("Machine class defined"),
        "class.withdraw": t("Machine class taken back"),
        "kiosk.create": t("Display added"),
        "kiosk.renew": t("Display's link renewed"),
        "kiosk.revoke": t("Display's link withdrawn"),
        "calendar.renew": t("Calendar's address renewed"),
        "order.add": t("Order added"),
        "order.import": t("Orders imported"),
        "order.change": t("Order changed"),
        "order.cancel": t("Order cancelled"),
        "suggestion.accept": t("Suggestion accepted"),
        "suggestion.veto": t("Suggestion vetoed"),
        "plan.adopt": t("Plan adopted"),
        "front.explore": t("Trade-offs looked for"),
        "operation.lock": t("Operation locked"),
        "operation.unlock": t("Operation unlocked"),
    }


def refusal_text(t: Translate, code: str) -> str:
    """Why something was or would be refused; an unknown code says itself."""
    return refusal_texts(t).get(code, code)


def refusal_texts(t: Translate) -> dict[str, str]:
    """Why something was or would be refused, by code."""
    return {
        "already_failed": t("It stands failed already."),
        "already_undone": t("It was taken back already."),
        "already_revoked": t("The link is withdrawn already."),
        "fault": t("A fault of the program prevented it."),
        "model_moved_on": t("The model has changed since."),
        "too_large": t("It is too large."),
        "too_many": t("There are too many already."),
        "unknown_class": t("There is no such class."),
        "unknown_kiosk": t("There is no such display."),
        "unknown_line": t("There is no such line."),
        "unknown_scenario": t("There is no such scenario."),
        "unknown_verb": t("There is no such action"),
        "unreadable": t("It could not be read."),
        "do_it_again": t("What was taken back can be done again."),
        "final": t("This cannot be taken back."),
        "in_the_future": t("This lies in the future."),
        "in_the_past": t("This lies in the past."),
        "malformed": t("It could not be read."),
        "not_active": t("The alarm is not active: a shelf until it clears would never end."),
        "not_cancelled": t("The service is not called off."),
        "not_out_of_service": t("It is in service already."),
        "not_planned": t("The service is no longer planned."),
        "service_begun": t("The service has begun."),
        "not_shelved": t("It is not on the shelf."),
        "nothing_to_acknowledge": t("Nothing is left to acknowledge."),
        "out_of_service": t("The alarm is out of service."),
        "remove_again": t("It can be taken out of service again."),
        "role": t("The role does not allow it."),
        "seen_is_seen": t("What has been seen cannot be made unseen."),
        "shelve_again": t("It can be shelved again."),
        "shelved": t("The alarm is on the shelf."),
        "somebody_elses": t("Somebody else did it."),
        "suppressed_by_design": t("The alarm is suppressed by design."),
        "too_old": t("It is too long ago."),
        "twin_was_reset": t("The twin has begun anew and cannot go back."),
        "unknown_alarm": t("There is no such alarm."),
        "unknown_machine": t("The plant has no such machine"),
        "unknown_mode": t("The class has no such failure mode."),
        "unknown_service": t("There is no such service."),
        "was_refused": t("It was refused: there is nothing to take back."),
        "unknown_product": t("The plant makes no such product."),
        "unknown_order": t("There is no such order."),
        "order_exists": t("There is an order of this number already."),
        "order_not_open": t("The order is no longer open."),
        "order_not_cancelled": t("The order is not cancelled."),
        "order_started": t("It was begun already."),
        "due_before_release": t("It is due before it may be begun."),
        "nothing_to_change": t("Nothing is different."),
        "unknown_suggestion": t("The planner no longer suggests it."),
        "already_accepted": t("It was accepted already."),
        "unknown_crew": t("There is no such crew."),
        "crew_lacks_skill": t("The crew does not have the skill that this service needs."),
        "crew_elsewhere": t("The crew does not work at the machine's site."),
        "crew_off_shift": t("The crew is not on shift for all of that time."),
        "no_crew_then": t("No crew that can do it is free and on shift for all of that time."),
        "no_part_then": t("The spare part that it needs is not there at that time."),
        "crew_busy": t("The crew does another service at that time."),
        "service_overlaps": t("Another service of the machine is planned for that time."),
        "veto_over": t("The veto has run out."),
        "unknown_plan": t("There is no such plan any more."),
        "newer_plan": t("The planner has a newer plan."),
        "already_in_force": t("This plan is in force already."),
        "first_plan": t("There was no plan before it."),
        "unknown_operation": t("The order has no such operation."),
        "operation_begun": t("The operation has begun."),
        "machine_cannot": t("The machine cannot do this operation."),
        "not_locked": t("The operation is not locked."),
        "front_too_old": t("These trade-offs are too old: look for them again."),
        "plan_does_not_hold": t(
            "The plant has changed so that this plan holds no more: look for trade-offs again."
        ),
        "front_misses_orders": t(
            "Orders have come since that these trade-offs do not know: look for them again."
        ),
    }
