# %% [markdown]
# # Shenzhen and Guangdong, linked
#
# Two regions must cut their emissions. In one it is cheap, in the other dear, and each has its own
# market. Shenzhen and Guangdong stand for them here: the names are real, the costs are not. What is
# it worth to let an order go where the price is better, or to have one book for both? The same five
# firms meet each design, with the same draws, seed by seed.

# %%
from msgspec import structs

from carbonx import lab

# %% [markdown]
# The first two firms abate cheaply and are of Guangdong, the other three of Shenzhen.
# Both regions have the same rules, so nothing but the link differs. A fee of 1.00 a tonne, and a
# quota for each region's members, are two ways of linking carefully.

# %%
rules = lab.design("textbook").rulebook
(product,) = rules.products
gd, sz = (
    lab.design(
        structs.replace(rules, name=name, products=(structs.replace(product, symbol=symbol),))
    )
    for name, symbol in (("guangdong", "GDEA"), ("shenzhen", "SZA"))
)
who = (0, 0, 1, 1, 1)
designs = {
    "segmented": lab.link(gd, sz, kind="none", members=who),
    "routed, 20 t": lab.link(gd, sz, quota=20, members=who),
    "routed, fee 1.00": lab.link(gd, sz, fee=100, members=who),
    "routed": lab.link(gd, sz, members=who),
    "one book": lab.link(gd, sz, kind="shared", members=who),
}
firms = lab.Abatement(scale=2)
measures = ("price gap", "surplus", "surplus by group", "volume")
study = lab.compare(designs, market=firms, seeds=8, measures=measures)
for label in designs:
    gaps, gain = study.values(label, "price gap"), study.difference(label, "surplus")
    gap = f"{sum(gaps.values()) / len(gaps):5.1%}" if gaps else "none"
    print(
        f"{label:17} price gap {gap:>5}, gain {gain.mean / 100:6.2f} "
        f"({gain.low / 100:6.2f} to {gain.high / 100:6.2f})"
    )

# %% [markdown]
# The gain is what all firms together have more than in segmented regions, in units of money, with
# its 95% interval. How near is that to the least that this cut can cost? Without any trade it would
# cost the first figure, at best the second.

# %%
least = firms.least(100)
print(f"alone {least.alone / 100:.2f}, least {least.cost / 100:.2f}")
for label in designs:
    costs = [firms.cost(lab.fills(study.outcome(label, seed).tape), 100) for seed in range(8)]
    print(f"{label:17} {sum(costs) / len(costs) / least.cost - 1:+.2%} above the least cost")

# %% [markdown]
# Who gains? Each region's gain over what it had alone, with its interval. The dear region can buy
# what it would have had to abate, the cheap one sells what it abates more.

# %%
for region in ("guangdong", "shenzhen"):
    for label in ("routed", "one book"):
        change = study.difference(label, f"surplus of {region}")
        print(
            f"{region:11} {label:9} {change.mean / 100:+8.2f} "
            f"({change.low / 100:+.2f} to {change.high / 100:+.2f})"
        )

# %%
study.plot("surplus")

# %%
study.plot("price gap")

# %%
study.plot("surplus by group")
