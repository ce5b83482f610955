from contextlib import contextmanager

import pytest
from google.protobuf.any_pb2 import Any as Packed
from journeyman.identity.v1 import devices_pb2 as pb
from journeyman.identity.v1 import devices_pb2_grpc, events_pb2, sessions_pb2
from journeyman.notices.v1 import events_pb2 as notices_pb2

OLD, NEW = "installation-old-0001", "installation-new-0002"
DEMO = "journeyman-demo"


class Shop:
    """Phones, as the people of the demo organisation sign in from them and decide about them."""

    def __init__(self, identity):
        self.identity = identity
        self._tokens = {}

    def sign_in(self, username, installation, password=DEMO, **fields):
        request = sessions_pb2.LoginRequest(username=username, password=password)
        described = {"model": "Mate 60", "platform": pb.Device.PLATFORM_HARMONY, "app_version": "1.0"}
        request.device.MergeFrom(pb.DeviceDescription(installation_id=installation, **described | fields))
        return self.identity.anonymous.Login(request)

    def refresh(self, session, installation=OLD):
        request = sessions_pb2.RefreshSessionRequest(
            refresh_token=session.refresh_token, installation_id=installation
        )
        return self.identity.anonymous.RefreshSession(request)

    def stub(self, username):
        if username not in self._tokens:
            self._tokens[username] = self.identity.token(username)
        return self.identity.stub(devices_pb2_grpc.DeviceServiceStub, self._tokens[username])

    def listed(self, by, **filters):
        return list(self.stub(by).ListDevices(pb.ListDevicesRequest(**filters)).devices)

    def of(self, username, state):
        """The person's phone in this state."""
        (device,) = self.listed("admin", user_id=self.id_of(username), state=state)
        return device

    def pending(self, username):
        return self.of(username, pb.Device.STATE_PENDING)

    def get(self, device, by="shanghai.manager"):
        return self.stub(by).GetDevice(pb.GetDeviceRequest(device_id=device.id))

    def approve(self, device, by="shanghai.manager"):
        return self.stub(by).ApproveDevice(pb.ApproveDeviceRequest(device_id=device.id))

    def reject(self, device, by="shanghai.manager"):
        return self.stub(by).RejectDevice(pb.RejectDeviceRequest(device_id=device.id, note="ask me first"))

    def revoke(self, device, by="shanghai.manager"):
        return self.stub(by).RevokeDevice(pb.RevokeDeviceRequest(device_id=device.id))

    def id_of(self, username):
        return str(self.identity.value("SELECT id FROM users WHERE username = :name", name=username))

    def caller(self, session):
        return self.identity.runtime.verifier.verify(session.access_token)

    def notices(self, template):
        found = []
        for event in self.identity.events("notice.raised"):
            data = notices_pb2.NoticeRaised()
            Packed.FromString(bytes(event.data)).Unpack(data)
            if data.template == template:
                found.append(data)
        return found

    def sharings(self):
        """The events about shared phones."""
        found = []
        for event in self.identity.events("device.shared"):
            data = events_pb2.DeviceShared()
            Packed.FromString(bytes(event.data)).Unpack(data)
            found.append(data)
        return found


@pytest.fixture
def shop(identity):
    return Shop(identity)


@pytest.fixture
def shop_with(run_identity, settings):
    """The same with other settings: `with shop_with(device_queue_days=0) as shop`."""

    @contextmanager
    def open_shop(**changed):
        with run_identity(settings.model_copy(update=changed)) as identity:
            yield Shop(identity)

    return open_shop


@pytest.fixture
def changed(shop, refused):
    """A representative whose new phone waits for a superior: the session of the old one."""
    session = shop.sign_in("shanghai.rep1", OLD)
    with refused() as refusal:
        shop.sign_in("shanghai.rep1", NEW)
    assert (refusal.code, refusal.reason) == ("PERMISSION_DENIED", "DEVICE_NOT_BOUND")
    return session
