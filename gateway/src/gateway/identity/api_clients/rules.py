"""What can be wrong with a machine client."""


class ClientIdTaken(Exception):
    """Another client has the id."""

    def __init__(self, client_id: str) -> None:
        super().__init__(client_id)
        self.client_id = client_id
