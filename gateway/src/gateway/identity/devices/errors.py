"""What the errors of phones mean to a caller."""

import grpc
from chassis.errors import ErrorKind, ErrorTable

from gateway.identity.devices import rules

_S = grpc.StatusCode

ERRORS: ErrorTable = {
    rules.OtherDevicePending: ErrorKind(
        _S.PERMISSION_DENIED,
        "OTHER_DEVICE_PENDING",
        "Your change to another phone waits already. Have it decided or take it back first.",
        "您已申请更换为另一部手机,请先等待上级审批或撤销该申请。",
    ),
    rules.DeviceNotBound: ErrorKind(
        _S.PERMISSION_DENIED,
        "DEVICE_NOT_BOUND",
        "This is not the phone bound to you. The change of phone now waits for your superior.",
        "本手机不是您绑定的手机,换机申请已提交,请等待上级审批。",
    ),
    rules.OwnDevice: ErrorKind(
        _S.PERMISSION_DENIED,
        "OWN_DEVICE",
        "Nobody decides about their own phone.",
        "不能审批自己的换机申请。",
    ),
    rules.DeviceStateUnfit: ErrorKind(
        _S.FAILED_PRECONDITION,
        "DEVICE_STATE_UNFIT",
        "The phone is in a state that does not allow this: it was decided about or revoked before.",
        "该手机当前状态不允许此操作:已审批或已吊销。",
    ),
}
