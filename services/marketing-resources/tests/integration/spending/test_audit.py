from chassis.testing import audit_entries


def test_every_write_is_on_record_with_its_caller(world, an_item):
    budget = world.budget(100)
    planner, erp = world.planner(), world.finance_system()
    plan = planner.draft(an_item(budget, 1))
    planner.rewrite(plan, an_item(budget, 10))
    centre, department, finance = world.deciders()
    first = planner.submit(plan)
    centre.reject(first)
    planner.submit(plan)
    planner.withdraw(plan)
    planner.submit(plan)
    for decider in (centre, department, finance):
        decider.approve(planner.plan(plan), comment="Fine" if decider is finance else "")
    (due,) = erp.list_disbursements(spend_plan_id=plan.id).disbursements
    erp.confirm(due)
    erp.confirm(due)
    tasks = [f"approvalTasks/{task.id}" for task in planner.plan(plan).approval_tasks]
    records = audit_entries(world.database)
    made = [(entry.caller, entry.resource, tuple(entry.changed_fields)) for entry in records]
    its = f"spendPlans/{plan.id}"
    assert made[2:] == [  # behind the fund and the budget
        (planner.id, its, ()),
        (planner.id, its, ("items", "title")),
        (planner.id, its, ("state",)),
        (centre.id, tasks[0], ("state", "comment")),
        (planner.id, its, ("state",)),
        (planner.id, its, ("state",)),
        (planner.id, its, ("state",)),
        (centre.id, tasks[2], ("state",)),
        (department.id, tasks[3], ("state",)),
        (finance.id, tasks[4], ("state", "comment")),
        (erp.id, f"disbursements/{due.id}", ("state",)),
        (erp.id, f"disbursements/{due.id}", ()),
    ]
