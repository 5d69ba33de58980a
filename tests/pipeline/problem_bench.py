"""Orders, services and situations of the small plant, stated as problems."""

from desk_bench import HOUR_US, T0_US
from order_bench import DUE_US
from planning_bench import machines_at, situation

from twin.pipeline.orders.orders import new_order
from twin.pipeline.planning.plan_document import plan_document
from twin.pipeline.planning.problem_of import state_problem
from twin.pipeline.planning.situation import Situation
from twin.pipeline.planning.solve import solve
from twin.scheduling.rules import best_rule


def order(site, order_id="A-0", product="cover", quantity=30, release=T0_US, steps=(), **more):
    detail = {"product": product, "quantity": quantity, "release": release, "due": DUE_US}
    made = new_order(site.plant, detail | {"priority": 3, "note": ""}, order_id, "Late", T0_US)
    for step, known in zip(made["steps"], steps, strict=False):
        step.update(known)
    return made | more


def running(machine, since_us, **more):
    return {"state": "running", "machine": machine, "start": since_us, **more}


def service(machine, start_h, hours=2.0, **more):
    start = T0_US + round(start_h * HOUR_US)
    base = {"id": f"s-{machine}", "machine": machine, "start": start, "duration_h": hours}
    return base | {"state": "planned", "crew": None} | more


def solved(site, *orders, **more):
    stated = state_problem(situation(site, orders, **more))
    _, schedule, _ = best_rule(stated.problem)
    return stated, schedule


def planned(site, n_orders=6, lives=None, now_us=T0_US, **more):
    """A situation with a plan for it: (situation, plan)."""
    orders = {f"A-{n}": order(site, f"A-{n}", quantity=20 + 10 * n) for n in range(n_orders)}
    held = Situation(
        site.plant, now_us, machines=machines_at(site, lives, now_us), orders=orders, **more
    )
    stated = state_problem(held)
    solved = solve(stated.problem)
    plan = plan_document(
        stated, solved.schedule, solved.terms, version=1, why="first", solver=solved.solver
    )
    return held._replace(in_force=plan), plan


def bar(plan, n=3):
    return sorted(plan["operations"], key=lambda o: o["start"])[n]
