"""What the patterns of the contracts ask for, in words: English and Chinese by the text of the pattern."""

from collections.abc import Mapping

WORDS: Mapping[str, tuple[str, str]] = {
    r"^([a-z0-9]([a-z0-9._-]*[a-z0-9])?)?$": (
        "takes small letters, digits, dots, underscores and hyphens; a letter or digit stands first and last",
        "只能由小写字母、数字、点、下划线和连字符组成,且首尾须为字母或数字",
    ),
    r"^([a-z][a-z0-9_]*)?$": (
        "takes small letters, digits and underscores; a letter stands first",
        "只能由小写字母、数字和下划线组成,且以字母开头",
    ),
    r"^[a-z][a-z0-9-]{1,62}[a-z0-9]$": (
        "takes 3 to 64 small letters, digits and hyphens; a letter stands first, no hyphen last",
        "须为 3 至 64 个小写字母、数字或连字符,以字母开头,不能以连字符结尾",
    ),
    r"^[A-Z0-9][A-Z0-9_-]{0,39}$": (
        "takes 1 to 40 capital letters, digits, underscores and hyphens; a letter or digit stands first",
        "须为 1 至 40 个大写字母、数字、下划线或连字符,以字母或数字开头",
    ),
    r"^[A-Z0-9][A-Z0-9.-]{0,39}$": (
        "takes 1 to 40 capital letters, digits, dots and hyphens; a letter or digit stands first",
        "须为 1 至 40 个大写字母、数字、点或连字符,以字母或数字开头",
    ),
    r"^[A-Za-z0-9._/-]*$": (
        "takes letters, digits, dots, underscores, slashes and hyphens only",
        "只能由字母、数字、点、下划线、斜线和连字符组成",
    ),
    r"^[A-Za-z0-9_./]*$": (
        "takes letters, digits, underscores, dots and slashes only",
        "只能由字母、数字、下划线、点和斜线组成",
    ),
    r"^[A-Za-z0-9_+/-]*$": (
        "is not the name of a time zone such as Asia/Shanghai",
        "不是有效的时区名称,示例:Asia/Shanghai",
    ),
    r"^[A-Za-z0-9._-]{16,100}$": (
        "takes 16 to 100 letters, digits, dots, underscores and hyphens",
        "须为 16 至 100 个字母、数字、点、下划线或连字符",
    ),
    r"^[a-z-]*$": ("takes small letters and hyphens only", "只能由小写字母和连字符组成"),
    r"^[A-Za-z]*$": ("takes letters only", "只能由英文字母组成"),
    r"^[a-zA-Z]{1,40}$": ("takes 1 to 40 letters", "须为 1 至 40 个英文字母"),
    r"^[a-zA-Z]{1,40}\.[a-zA-Z]{1,40}$": (
        "is not a permission such as customers.read",
        "不是有效的权限名称,示例:customers.read",
    ),
    r"^[A-Za-z0-9_.]{1,100}$": (
        "is not the full name of a message such as journeyman.customer.v1.CustomerChanged",
        "不是有效的消息全名,示例:journeyman.customer.v1.CustomerChanged",
    ),
    r"^[0-9]{6}$": ("takes six digits", "须为 6 位数字"),
    r"^([0-9]{2,12})?$": ("takes 2 to 12 digits", "须为 2 至 12 位数字"),
    r"^([+]?[0-9]{5,20})?$": (
        "takes 5 to 20 digits, with a + in front if you like",
        "须为 5 至 20 位数字,前面可加 +",
    ),
    r"^[0-9+() /#*.,;x-]*$": (
        "takes digits, blanks and + ( ) / # * . , ; x - only",
        "只能由数字、空格和 + ( ) / # * . , ; x - 组成",
    ),
    r"^[^\x00-\x1f\x7f]*$": (
        "takes no control characters such as line breaks",
        "不能包含换行等控制字符",
    ),
    r"^(\S(.*\S)?)?$": (
        "takes one line that neither begins nor ends with a blank",
        "只能为一行文字,且首尾不能有空格",
    ),
    r"^[a-z-]{1,40}\.[0-9a-f-]{36}$": (
        "takes the name of the service, a dot and a UUID, as it was answered",
        "格式应为:服务名、点、UUID,请原样填写系统返回的编号",
    ),
    r"^[a-z-]{1,40}\.[a-zA-Z]{1,40}/[0-9a-f-]{36}$": (
        "takes service, dot, collection, slash and UUID, such as visit.visits/<UUID>",
        "格式应为:服务名、点、集合名、斜线、UUID,例如 visit.visits/<UUID>",
    ),
}
