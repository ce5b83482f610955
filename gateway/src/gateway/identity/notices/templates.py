"""The words of notices, in both languages.

A key is `<group>.<what happened>`; the group is what a reader can mute, named as in the API (`spendPlans`).
Words name parameters of the notice in braces. What identity makes of them, by the parameter's name:

- `user`, `…_user`: the id of a person becomes the name, or "a colleague" outside the reader's scope.
- `unit`, `…_unit`: the id of a unit becomes its name, or "another unit".
- `kind`, `step`, `reason`: a code becomes its words, where `CODES` below has them.
- everything else stands as it is.

A test demands words in both languages for every key that is raised, with no more parameters than are given.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Template:
    """The words of one kind of notice, each a title and a text.

    Attributes:
        english: title and text.
        chinese: the same.
        urgent: mailed in quiet hours too. Choose few: what is too late at 07:30.
        protects: tells that somebody may be taking over the reader's account. It is urgent, and no preference
            keeps it from being mailed: whoever took the account over would set it first.
    """

    english: tuple[str, str]
    chinese: tuple[str, str]
    urgent: bool = False
    protects: bool = False


# For a key or a parameter that this version does not know: a newer service must not stop the older identity.
UNKNOWN = Template(
    english=("There is news", "Something happened that concerns you. Open it to see more."),
    chinese=("您有一条新消息", "有一项与您相关的更新,请打开查看。"),
)

TEMPLATES: Mapping[str, Template] = {
    "accountChanges.approved": Template(
        english=("Account change approved", "The {kind} that you filed for {unit} is approved."),
        chinese=("账号变更已批准", "您为{unit}提交的账号变更({kind})已批准。"),
    ),
    "accountChanges.carriedOut": Template(
        english=("Account change carried out", "The {kind} that you filed for {unit} was carried out."),
        chinese=("账号变更已实施", "您为{unit}提交的账号变更({kind})已实施。"),
    ),
    "accountChanges.filed": Template(
        english=(
            "An account change waits for your decision",
            "{unit} asks for the {kind}, as of {event_date}. It is due one working day later.",
        ),
        chinese=(
            "有账号变更待您审批",
            "{unit}申请账号变更({kind}),发生日期 {event_date},须在其后一个工作日内办理。",
        ),
    ),
    "accountChanges.filedLate": Template(
        english=(
            "An account change waits for your decision, late already",
            "{unit} asks for the {kind}, as of {event_date}. The one working day for it has passed.",
        ),
        chinese=(
            "有逾期提交的账号变更待您审批",
            "{unit}申请账号变更({kind}),发生日期 {event_date},已超过一个工作日的办理期限,请尽快处理。",
        ),
    ),
    "accountChanges.handedOver": Template(
        english=(
            "A colleague's work is yours now",
            "{user} ({unit}) has left: their customers and open tasks go to you.",
        ),
        chinese=("离职人员的工作已移交给您", "{user}({unit})已离职,其客户和未完成的任务由您接手。"),
    ),
    "accountChanges.overdue": Template(
        english=(
            "An account change is overdue",
            "The {kind} for {unit}, as of {event_date}, waits for a decision after its one working day.",
        ),
        chinese=(
            "账号变更已逾期",
            "{unit}的账号变更({kind},发生日期 {event_date})已超过一个工作日的办理期限,仍待审批。",
        ),
    ),
    "accountChanges.overdueToCarryOut": Template(
        english=(
            "An account change is overdue",
            "The {kind} for {unit}, as of {event_date}, is approved; its one working day has passed.",
        ),
        chinese=(
            "账号变更已逾期",
            "{unit}的账号变更({kind},发生日期 {event_date})已批准,但已超过一个工作日的办理期限,请尽快实施。",
        ),
    ),
    "accountChanges.rejected": Template(
        english=(
            "Account change rejected",
            "The {kind} that you filed for {user} ({unit}) was rejected.",
        ),
        chinese=("账号变更被驳回", "您为{user}({unit})提交的账号变更({kind})被驳回。"),
    ),
    "accountChanges.toCarryOut": Template(
        english=(
            "An account change waits to be carried out",
            "The {kind} for {unit}, as of {event_date}, is approved.",
        ),
        chinese=("有账号变更待实施", "{unit}的账号变更({kind},发生日期 {event_date})已批准,请实施。"),
    ),
    "auditReviews.overdue": Template(
        english=("Use records wait for review", "Nobody has reviewed the use records of {month} yet."),
        chinese=("使用记录待审核", "{month} 的系统使用记录尚未审核,请尽快完成。"),
    ),
    "corrections.approved": Template(
        english=("Correction approved", "{by_user} approved the correction; the record has changed."),
        chinese=("更正已批准", "{by_user}已批准该更正,记录已修改。"),
    ),
    "corrections.filed": Template(
        english=("A correction waits for you", "{by_user} asks for a record to be corrected."),
        chinese=("有更正待您审批", "{by_user}提交了一项记录更正,请审批。"),
    ),
    "corrections.rejected": Template(
        english=("Correction rejected", "{by_user} rejected the correction; the record stays as it was."),
        chinese=("更正被驳回", "{by_user}驳回了该更正,记录保持不变。"),
    ),
    "customerDistributions.approved": Template(
        english=("Customers distributed", "Group marketing gave {count} customers to another section."),
        chinese=("跨版块分配已完成", "集团公司市场营销部已将 {count} 个客户分配至其他版块。"),
    ),
    "customerDistributions.filed": Template(
        english=(
            "Customers wait for another section",
            "{unit} asks to distribute {count} customers to another section.",
        ),
        chinese=("有跨版块分配申请待处理", "{unit}申请将 {count} 个客户分配至其他版块。"),
    ),
    "customerDistributions.rejected": Template(
        english=(
            "Customers stay in their section",
            "Group marketing rejected the distribution. Open it to see why.",
        ),
        chinese=("跨版块分配申请被驳回", "集团公司市场营销部驳回了分配申请,请打开查看原因。"),
    ),
    "devices.approved": Template(
        english=(
            "Your new phone is approved",
            "Sign in from it again. The former one hands in what it has left.",
        ),
        chinese=("换机申请已批准", "请在新手机上重新登录。原手机仅可补传此前采集的数据。"),
        protects=True,
    ),
    "devices.askedFor": Template(
        english=(
            "Somebody signed in as you from another phone",
            "The change of phone waits for your superior. If it was not you, change your password at once.",
        ),
        chinese=(
            "您的账号在另一部手机上登录",
            "换机申请已提交,等待上级审批。如非本人操作,请立即修改密码。",
        ),
        protects=True,
    ),
    "devices.rejected": Template(
        english=("Your change of phone was rejected", "Your former phone stays yours. Open it to see why."),
        chinese=("换机申请被驳回", "您仍使用原手机,请打开查看原因。"),
    ),
    "devices.revoked": Template(
        english=(
            "A phone of yours was revoked",
            "Nothing more is taken from it. The next phone waits for your superior.",
        ),
        chinese=("您的手机已被吊销", "该手机的数据不再被接收。新手机须经上级审批。"),
        protects=True,
    ),
    "devices.shared": Template(
        english=(
            "Two people signed in from one phone",
            "{user} and {other_user} signed in from the same phone. Ask them why.",
        ),
        chinese=("两人在同一部手机上登录", "{user}与{other_user}在同一部手机上登录,请核实。"),
    ),
    "devices.toDecide": Template(
        english=(
            "A change of phone waits for your decision",
            "{user} ({unit}) signed in from another phone and asks for a change.",
        ),
        chinese=("有换机申请待您审批", "{user}({unit})在另一部手机上登录,申请换机。"),
    ),
    "disbursements.paid": Template(
        english=("{amount} was paid", "The disbursement of {amount} of your spend plan was paid on {date}."),
        chinese=("已付款 {amount}", "您的费用计划中的 {amount} 已于 {date} 付款。"),
    ),
    "orgUnitChanges.applied": Template(
        english=("{unit}: {kind} done", "Since {date}: {unit}, {kind} to {target_unit}."),
        chinese=("{unit}的{kind}已生效", "自 {date} 起,{unit}的{kind}(目标:{target_unit})已生效。"),
    ),
    "orgUnitChanges.failed": Template(
        english=(
            "{unit}: {kind} failed",
            "The {kind} of {unit} to {target_unit} on {date} is not possible any more: {reason}.",
        ),
        chinese=(
            "{unit}的{kind}未能生效",
            "{unit}原定 {date} 的{kind}(目标:{target_unit})已不可行:{reason}。请重新提交。",
        ),
    ),
    "disciplinaryActions.ended": Template(
        english=(
            "Disciplinary action ended",
            "The disciplinary action of {date} ({step}) has ended.",
        ),
        chinese=("纪律处分已结束", "您于 {date} 受到的纪律处分({step})已结束。"),
    ),
    "disciplinaryActions.taken": Template(
        english=(
            "Disciplinary action: {step}",
            "On {date} a disciplinary action was taken against you: {step}.",
        ),
        chinese=("纪律处分:{step}", "您于 {date} 受到纪律处分:{step}。"),
    ),
    "disciplinaryActions.withdrawn": Template(
        english=(
            "Disciplinary action withdrawn",
            "The disciplinary action of {date} ({step}) was withdrawn.",
        ),
        chinese=("纪律处分已撤销", "您于 {date} 受到的纪律处分({step})已撤销。"),
    ),
    "loginDuties.twoWeeks": Template(
        english=(
            "You have not signed in for two weeks",
            "You have not signed in since {date}. Everybody with an account signs in on each working day.",
        ),
        chinese=(
            "您已连续两周未登录",
            "您自 {date} 起未登录系统。所有已开账户人员每个工作日须至少登录一次。",
        ),
    ),
    "loginDuties.twoWeeksInTeam": Template(
        english=("{user} has not signed in for two weeks", "{user} ({unit}) has not signed in since {date}."),
        chinese=("{user}已连续两周未登录", "{user}({unit})自 {date} 起未登录系统。"),
    ),
    "ruleDocuments.approved": Template(
        english=("{code} is signed", "{user} signed version {number} of {code}. It holds from {date} on."),
        chinese=("制度 {code} 已批准", "{user}已批准制度 {code} 第 {number} 版,自 {date} 起生效。"),
    ),
    "ruleDocuments.returned": Template(
        english=(
            "{code} was returned",
            "{user} returned version {number} of {code}. It is a draft again; the reason stands beside it.",
        ),
        chinese=(
            "制度 {code} 被退回",
            "{user}退回了制度 {code} 第 {number} 版,已恢复为草稿,原因见审批意见。",
        ),
    ),
    "ruleDocuments.submitted": Template(
        english=(
            "{code} waits for your signature",
            "{user} submitted version {number} of {code}, which is to hold from {date} on.",
        ),
        chinese=("制度 {code} 待您审批", "{user}提交了制度 {code} 第 {number} 版,拟自 {date} 起生效。"),
    ),
    "securityIncidents.dismissed": Template(
        english=(
            "Your report is closed",
            "What you reported turned out to be no incident. The reason stands with it.",
        ),
        chinese=("您报告的事件已结案", "经核实,您报告的情况不属于安全事件,原因见处理结果。"),
    ),
    "securityIncidents.reported": Template(
        english=(
            "A security incident was reported",
            "{user} ({unit}) reported something of {kind}. Take it up.",
        ),
        chinese=("有新的安全事件", "{user}({unit})报告了一起{kind}安全事件,请受理。"),
        urgent=True,
    ),
    "securityIncidents.resolved": Template(
        english=("Your report is resolved", "What you reported is resolved. What was done stands with it."),
        chinese=("您报告的事件已处理", "您报告的安全事件已处理,处理结果见事件详情。"),
    ),
    "spendPlans.approved": Template(
        english=("Spend plan approved", "Your spend plan of {amount} for {month} is approved."),
        chinese=("费用计划已批准", "您 {month} 的费用计划({amount})已批准。"),
    ),
    "spendPlans.rejected": Template(
        english=(
            "Spend plan rejected",
            "{user} rejected your spend plan of {amount} for {month} at the {step}. It is a draft again.",
        ),
        chinese=(
            "费用计划被驳回",
            "{user}在“{step}”环节驳回了您 {month} 的费用计划({amount})。计划已退回为草稿。",
        ),
    ),
    "spendPlans.submitted": Template(
        english=(
            "A spend plan waits for your decision",
            "{user} ({unit}) applied for {amount} for {month}. It waits for the {step}.",
        ),
        chinese=("有费用计划待您审批", "{user}({unit})申请 {month} 费用 {amount},等待“{step}”。"),
    ),
    "users.oidcUnlinked": Template(
        english=(
            "The company's sign-in no longer opens your account",
            "An administrator took the link away. If you did not ask for it, tell your superior at once.",
        ),
        chinese=("您的账号已与公司统一登录解绑", "由管理员操作。如果您没有申请,请立即告知上级。"),
        protects=True,
    ),
    "users.passwordChanged": Template(
        english=(
            "Your password was changed",
            "If that was not you, have an administrator reset it at once.",
        ),
        chinese=("您的密码已修改", "如果不是您本人操作,请立即联系管理员重置密码。"),
        protects=True,
    ),
    "users.passwordReset": Template(
        english=(
            "An administrator gave you a temporary password",
            "Sign in with it and choose your own. If you did not ask for it, tell your superior at once.",
        ),
        chinese=("管理员为您设置了临时密码", "请用临时密码登录并设置新密码。如果您没有申请,请立即告知上级。"),
        protects=True,
    ),
    "users.totpDisabled": Template(
        english=(
            "Your authenticator was switched off",
            "Your password alone lets you in now. If it was not you, have an administrator reset it at once.",
        ),
        chinese=(
            "您的身份验证器已停用",
            "现在仅凭密码即可登录。如果不是您本人操作,请立即联系管理员重置密码。",
        ),
        protects=True,
    ),
    "users.totpReset": Template(
        english=(
            "An administrator removed your authenticator",
            "Your password alone lets you in now. If you did not ask for it, tell your superior at once.",
        ),
        chinese=("管理员移除了您的身份验证器", "现在仅凭密码即可登录。如果您没有申请,请立即告知上级。"),
        protects=True,
    ),
    "users.closedByHand": Template(
        english=(
            "A closed account has no successor yet",
            "An account of {unit} was closed by hand and keeps what it owns: name a successor in a closing.",
        ),
        chinese=(
            "有停用账号尚无接手人",
            "{unit}有账号被直接停用,其名下的客户、计划等仍归该账号。请提交停用申请并指定接手人。",
        ),
    ),
    "users.unbound": Template(
        english=(
            "{count} people have not bound WeChat",
            "{count} people in your care have not bound WeChat: have them bind it, or file that they left.",
        ),
        chinese=(
            "有 {count} 人未绑定微信",
            "您负责的单位有 {count} 人未绑定微信,请跟进绑定;已离职的请提交停用申请。",
        ),
    ),
    "violations.found": Template(
        english=("Violation on {date}", "The platform found on {date}: {kind}."),
        chinese=("{date} 存在违规", "系统发现 {date} 的违规:{kind}。"),
    ),
    "violations.foundInTeam": Template(
        english=("Violations in {unit} on {date}", "The platform found violations in {unit} on {date}."),
        chinese=("{unit} {date} 存在违规", "系统发现{unit} {date} 的违规,请查看。"),
    ),
    "visitPlans.handedOver": Template(
        english=(
            "{count} planned visits are without a visitor",
            "{user} had {count} visits planned in the week of {week}. Those customers are yours: plan them.",
        ),
        chinese=(
            "有 {count} 次计划拜访待重新安排",
            "{user} {week} 当周原计划的 {count} 次拜访已取消,相关客户现由您负责,请重新安排。",
        ),
    ),
    "visitPlans.late": Template(
        english=(
            "Visit plan was late",
            "Your visit plan for the week of {week} came in after the deadline.",
        ),
        chinese=("拜访计划迟交", "您 {week} 当周的拜访计划在截止时间之后提交。"),
    ),
    "visitPlans.lateInTeam": Template(
        english=(
            "Late visit plans in {unit} on {date}",
            "Visit plans of {unit} came in after the deadline on {date}.",
        ),
        chinese=("{unit} {date} 有拜访计划迟交", "{unit}在 {date} 有拜访计划在截止时间之后提交,请查看。"),
    ),
    "webhookEndpoints.disabled": Template(
        english=(
            "A webhook endpoint was disabled",
            "Nothing more is sent to a webhook endpoint: {reason}. Mend the receiver and enable it again.",
        ),
        chinese=("Webhook 端点已停用", "一个 Webhook 端点已停止发送:{reason}。请修复接收方后重新启用。"),
    ),
}

CODES: Mapping[str, tuple[str, str]] = {
    "CHANGE": ("change of post", "岗位变动"),
    "CLOSE": ("closing of an account", "停用账号"),
    "DISMISSAL": ("dismissal", "辞退"),
    "FAILING": ("nothing arrived there for five days", "连续五天投递失败"),
    "FILER_MAY_NOT": ("who filed it may no longer do that", "提交人已无权办理"),
    "FINANCE": ("audit by finance", "财务审核"),
    "FREEZE": ("freezing of an account", "冻结账号"),
    "GONE": ("it answered that it is gone", "接收方返回 410(已不存在)"),
    "HIGH": ("high severity", "严重"),
    "LATE_CLOCK_IN": ("late clock-in", "迟到"),
    "LOW": ("low severity", "轻微"),
    "MARKETING_CENTRE": ("review by the marketing centre", "营销中心审批"),
    "MERGE": ("merge", "合并"),
    "MOVE": ("move", "调整"),
    "OPEN": ("opening of an account", "开通账号"),
    "ROLE_BEYOND_OWN": (
        "its roles would become more there than the filer holds",
        "合并后的角色将超出提交人自己的权限",
    ),
    "SECTION_INSIDE_SECTION": ("a section would stand inside another", "业务板块内不能再设业务板块"),
    "SECTION_LEFT": (
        "it leaves its section, which group marketing decides",
        "跨版块须由集团市场营销部办理",
    ),
    "UNFREEZE": ("thawing of an account", "解冻账号"),
    "UNIT_ALREADY_THERE": ("it stands there already", "已在该上级之下"),
    "UNIT_CLOSED": ("one of the units was merged meanwhile", "其中一个单元已被合并"),
    "UNIT_CYCLE": ("it would stand below itself", "将成为自身的下级"),
    "UNIT_IS_ROOT": ("the root of the organisation keeps its place", "组织树的根单元不能调整"),
    "MARKET_DEPARTMENT": ("review by the market department", "市场部审批"),
    "MEDIUM": ("medium severity", "一般"),
    "NO_SIGNAL": ("no signal during working time", "工作时间无定位信号"),
    "ORAL_WARNING": ("oral warning", "口头警告"),
    "SUSPENSION": ("suspension from work", "停职"),
    "USE_BAN": ("ban from using the system", "禁止使用系统"),
    "WRITTEN_WARNING": ("written warning", "书面警告"),
}
