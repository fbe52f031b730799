# %% [markdown]
# # Compare market designs
#
# How often should a thin market trade? Orders can meet as they come, or gather for a while and
# trade at one price. We let the same people trade on each design and look at who gains.

# %%
from carbonx import lab

# %% [markdown]
# A design is a rulebook with changes by path. The first is the textbook's continuous market; the
# others gather orders in batches. `lab.diff` says what makes two designs differ.

# %%
continuous = lab.design("textbook")


def batches(seconds, *, carry_over):
    hour = [{"at": "09:00", "phase": "intraday_call"}, {"at": "10:00", "phase": "closed"}]
    rules = {"batch_seconds": seconds, "carry_over": carry_over}
    return continuous.with_("continuous", **rules).changed("calendar.sessions", hour)


short, long = batches(300, carry_over=False), batches(600, carry_over=True)
for path, (before, after) in lab.diff(short, long).items():
    print(f"{path}: {before} -> {after}")

# %% [markdown]
# The market: 40 buyers and 40 sellers of one tonne each, who come once in an hour and say what the
# tonne is worth to them. Every design meets the same people at the same times, seed by seed.

# %%
people = lab.UniformValues(buyers=40, sellers=40)
designs = {"continuous": continuous}
for seconds in (60, 300, 900):
    designs[f"{seconds} s, empty"] = batches(seconds, carry_over=False)
    designs[f"{seconds} s, carried over"] = batches(seconds, carry_over=True)
study = lab.compare(designs, market=people, seeds=12)

for label in study.designs:
    mean, change = study.mean(label, "efficiency"), study.difference(label, "efficiency")
    print(f"{label:20} {mean.mean:.3f} ({mean.low:.3f} to {mean.high:.3f})  {change.mean:+.3f}")

# %% [markdown]
# Efficiency is the share of all gains from trade that were realised. Against the interval it shows
# the trade-off: a batch that is too short and starts empty finds too few people, while one that
# carries orders over gains with every minute. For batches that start empty the result is known: the
# grey line. `rate` is how many buyers, and as many sellers, come in a second.

# %%
study.plot("batch interval", rate=40 / 3600)

# %% [markdown]
# Means hide how different two days can be. Here every dot is a seed.

# %%
study.plot("efficiency")

# %%
study.plot("surplus by group")

# %% [markdown]
# One session, tonne by tonne: in the continuous market people trade who would not at the
# competitive price (thick lines to the right of the crossing), and so keep out others.

# %%
study.outcome("continuous", 0).plot("supply and demand")

# %% [markdown]
# The whole study as one page, to print or to send: `study.report("study.html")`.
