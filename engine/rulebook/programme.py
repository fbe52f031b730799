"""The compliance programme of a rulebook: its cycles, quotas, penalty and publication dates."""

from msgspec import Struct

from engine.vocabulary.units import BASIS_POINTS


class Cycle(Struct, frozen=True, forbid_unknown_fields=True):
    """The years whose emissions are surrendered for together. Dates are such as 20211231."""

    name: str
    first: int  # year of emissions
    last: int = 0  # 0: the first is the only one
    report_by: int = 0  # the last day for reports; 0: none is set
    verify_by: int = 0  # the last day for verification; 0: none is set
    publish: int = 0  # verified emissions are public from this day on; 0: never
    deadline: int = 0  # the last day for surrender; 0: none is set
    share_bp: int = BASIS_POINTS  # of verified emissions that the cycle asks for


class Credit(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the offsets of one product come from."""

    symbol: str  # of the product
    region: str = ""
    project_date: int = 0  # of the youngest reductions; 0: not known


class Programme(Struct, frozen=True, forbid_unknown_fields=True):
    """What entities owe, with what they may pay it, and what follows where they don't."""

    title: str = ""
    region: str = ""  # credits of this one are local
    cycles: tuple[Cycle, ...] = ()  # () means no programme: the registry takes no command
    benchmark_ppm: int = 0  # tonnes allocated for a million units of output; 0: as commanded
    offset_bp: int = 0  # of an obligation that all offsets together may cover
    local_bp: int = 0  # of that quota is for local credits alone
    offset_from: int = 0  # offsets of projects before this day do not count; 0: any
    credits: tuple[Credit, ...] = ()
    bank_bp: int = 0  # of an obligation that may be carried over into a later vintage
    borrow_bp: int = 0  # of an obligation that later vintages may cover
    penalty: int = 0  # minor units for each tonne short
    penalty_bp: int = 0  # of the average price, for each tonne short; 30000 is three times
    penalty_months: int = 0  # whose trades make that average, before the deadline's; 0: as stated
    penalty_modes: tuple[str, ...] = ()  # whose trades count; () means all
    make_good_bp: int = BASIS_POINTS  # of a shortfall that is still to be surrendered
    freeze_class: str = ""  # the account class of who is short until made good; "": none
    large_holder: int = 0  # tonnes of a group above which it is reported each day; 0: never

    def cycle(self, name: str) -> Cycle | None:
        """Return the cycle of a name."""
        return next((each for each in self.cycles if each.name == name), None)

    def credit(self, symbol: str) -> Credit:
        """Return what is known of the offsets of a product."""
        return next((each for each in self.credits if each.symbol == symbol), Credit(symbol))
