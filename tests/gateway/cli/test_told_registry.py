"""Every report of the registry has a line in the terminal, with its figures."""

from gateway.cli.terminal.told import Teller
from gateway.protocol import wire_registry as w

SAID: dict[w.RegistryReport, str] = {
    w.EntityRegistered(1, 2, "Plant", ("a", "b"), (), "Plant"): "Plant is registered with a, b",
    w.AllowancesIssued(1, 2, "a", "P", 5, 6, 7): "5 t P issued, 6 t now",
    w.AllowancesAllocated(1, 2, "Plant", "24", "P", 5, -1, 2, True):
        "Plant is allocated 5 t P for 24 finally (-1 t now, 2 t more are due)",
    w.AllowancesTransferred(1, 2, "a", "b", "P", 5, 500, "CNY"): "5 t P went from a to b",
    w.EmissionsReported(1, 2, "Plant", "24", 5): "Plant reported 5 t for 24",
    w.EmissionsVerified(1, 2, "Plant", "24", 5, 4): "Plant: 5 t are verified for 24, 4 t due",
    w.AllowancesSurrendered(1, 2, "Plant", "24", "a", "P", 5, 4):
        "Plant surrendered 5 t P for 24, 4 t due",
    w.AllowancesCancelled(1, 2, "a", "P", 5, 4): "5 t P cancelled, 4 t now",
    w.AllowancesBanked(1, 2, "Plant", "24", "a", "P", "Q", 5): "5 t P carried over into Q",
    w.ComplianceSettled(1, 2, "24", "Plant", 5, 512, 5):
        "Plant is 5 t short for 24: penalty 5.12, 5 t to be made good",
    w.PurchasesFrozen(1, 2, "Plant", True): "Plant may not purchase until it has made good",
    w.PurchasesFrozen(1, 2, "Plant", False): "Plant may purchase again",
    w.PenaltyPaid(1, 2, "24", "Plant", "a", 300, 212):
        "Plant paid 3.00 of its penalty, 2.12 left",
}  # fmt: skip


def test_every_report_of_the_registry_is_said() -> None:
    teller = Teller(lambda _: 2, lambda _: None)
    assert {report: teller.tell(report) for report in SAID} == SAID
    assert {type(report) for report in SAID} == set(w.RegistryReport.__args__)
