"""What the errors of signing in with a provider mean to a caller."""

import grpc
from chassis.errors import ErrorKind, ErrorTable

from gateway.identity.oidc.rules import NotLinked, OidcOff, OidcRefused, SubjectUnusable

_S = grpc.StatusCode

ERRORS: ErrorTable = {
    OidcOff: ErrorKind(
        _S.FAILED_PRECONDITION,
        "OIDC_OFF",
        "This platform has no identity provider. Sign in with name and password.",
        "本平台未配置企业统一登录,请使用用户名和密码登录。",
    ),
    SubjectUnusable: ErrorKind(
        _S.UNAUTHENTICATED,
        "OIDC_SUBJECT_UNUSABLE",
        "The identity provider knows you by an id that this platform cannot keep. Tell your administrator.",
        "企业统一登录提供的用户标识无法保存,请联系管理员。",
    ),
    NotLinked: ErrorKind(
        _S.FAILED_PRECONDITION,
        "OIDC_NOT_LINKED",
        "Nobody has signed in with this account by the identity provider.",
        "该账号尚未通过企业统一登录关联任何人员。",
    ),
    OidcRefused: ErrorKind(
        _S.UNAUTHENTICATED,
        "OIDC_REFUSED",
        "The sign-in is over or was not begun in this browser. Begin again.",
        "登录已过期,或不是在此浏览器中发起的,请重新登录。",
    ),
}
