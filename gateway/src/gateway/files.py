"""The files process: uploads and downloads by signed link, away from the gateway's threads."""

from chassis.health import Readiness
from chassis.metrics import Metrics
from chassis.ops_http import OpsServer
from chassis.uploads.folder import FolderStore
from chassis.uploads.links import key_from_text
from chassis.uploads.server import files_application

from gateway.settings import FilesSettings


class Files:
    def __init__(self, settings: FilesSettings) -> None:
        key = key_from_text(settings.files_key.get_secret_value())
        self.application = files_application(FolderStore(settings.files_folder), key)
        self._ops = OpsServer(settings.ops_listen, Metrics().registry, Readiness({}))
        self._ops.start()

    def close(self) -> None:
        self._ops.stop()
