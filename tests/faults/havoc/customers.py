"""People who add customers and rename them."""

import random

from havoc.account import Account, Unexpected
from havoc.databases import Databases
from havoc.writers import Writer

NEW = 0.4


class CustomerWriter(Writer):
    """Renames always the version it knows: a change that was made twice, or lost, refuses the next one."""

    def __init__(self, account: Account, seed: str) -> None:
        super().__init__(account)
        self._pick = random.Random(f"{seed} {account.username} customers")
        self._etags: dict[str, str] = {}
        self.names: dict[str, str] = {}
        self.versions: dict[str, int] = {}
        self._count = 0

    def step(self) -> None:
        self._count += 1
        name = f"{self.account.username} {self._count}"
        if not self.names or self._pick.random() < NEW:
            made = self.account.write("/v1/customers", {"name": name, "address": name})
            self.versions[made["id"]] = 0
            if self.account.get(f"/v1/customers/{made['id']}") != made:
                raise Unexpected(f"customer {made['id']} is not what was made")
        else:
            path = f"/v1/customers/{self._pick.choice(list(self.names))}"
            etag = self._etags[path.rpartition("/")[2]]
            made = self.account.write(path, {"name": name}, method="PATCH", etag=etag)
        self.names[made["id"]] = name
        self.versions[made["id"]] += 1
        self._etags[made["id"]] = made["etag"]

    def losses(self, databases: Databases) -> list[str]:
        query = "SELECT id::text, name, version FROM customers WHERE address LIKE %s"
        kept = databases.rows("customer", query, f"{self.account.username} %")
        written = {(key, name, self.versions[key]) for key, name in self.names.items()}
        return [f"customer {row}" for row in written.symmetric_difference(kept)]
