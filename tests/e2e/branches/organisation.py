"""Units and accounts, made by the administrator."""

import httpx

PASSWORD = "journeyman-demo"  # everybody's
TRAINED = "2020-01-01T00:00:00Z"  # whoever is not certified cannot sign in


class Organisation:
    """Units and accounts that a test adds through the API, as the administrator."""

    def __init__(self, url, token):
        self._http = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=30)
        self.top = self.get("/v1/orgUnits", code="hq-group")["orgUnits"][0]["id"]

    def close(self):
        self._http.close()

    def get(self, path, **parameters):
        return self._done(self._http.get(path, params=parameters))

    def post(self, path, body):
        return self._done(self._http.post(path, json=body))

    def patch(self, path, body):
        return self._done(self._http.patch(path, json=body))

    def unit(self, code):
        """A new unit below the group's."""
        body = {"parentId": self.top, "kind": "KIND_DISTRICT", "code": code, "displayName": code}
        return self.post("/v1/orgUnits", body)["id"]

    def person(self, username, unit_id, **roles):
        """A new, certified account of the unit with roles there; the password is everybody's."""
        user = {"username": username, "displayName": username, "unitId": unit_id, "certifiedTime": TRAINED}
        person = self.post("/v1/users", {"user": user, "password": PASSWORD})["id"]
        for code, scope in roles.items():
            assignment = {"roleCode": code, "unitId": unit_id, "scope": f"SCOPE_{scope}"}
            self.post(f"/v1/users/{person}/roleAssignments", assignment)
        return person

    @staticmethod
    def _done(answer):
        assert answer.status_code == 200, answer.text
        return answer.json()
