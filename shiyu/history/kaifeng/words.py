"""What made-up people of the demo city write: reports, reasons, answers (演示文字)."""

from random import Random

ROADS = (
    *("中山路", "解放大道", "大梁路", "西门大街", "东大街", "书店街", "马道街", "自由路", "内环路"),
    *("迎宾路", "晋安路", "黄河路", "金明大道", "宋城路", "汉兴路", "五福路", "滨河路", "公园路"),
    *("建设路", "人民路", "健康路", "文化路", "团结路", "新华街", "北环路", "南关街", "和平路"),
)
SPOTS = (
    "门前",
    "对面",
    "北侧",
    "南侧人行道",
    "路口",
    "公交站旁",
    "小区门口",
    "学校附近",
    "菜市场旁",
)
VILLAGE_SPOTS = ("村口", "主街", "村委会旁", "小广场", "卫生室门前", "河边", "学校门前", "幸福院旁")

REPORTS = (
    "{where}，{what}，请派人处理。",
    "{where}{what}，已经好几天了，麻烦看看。",
    "路过{where}，发现{what}，老人孩子走路不方便。",
    "反映：{where}{what}，希望尽快解决。",
    "{where}{what}，晚上看不清，容易出事。",
)
PATROLS = ("巡查发现：{where}，{what}。", "网格巡查，{where}{what}，已拍照。")
IN_RAIN = ("下雨以后{where}{what}，越来越严重。", "{where}{what}，雨还在下，请尽快来人。")
ORDERS = ("按上级要求开展{what}，请各地逐一落实并反馈。", "关于做好{what}的通知，请组织落实。")
CHILDREN = ("本辖区{what}，请落实到村、社区。",)

DISMISS = (
    "经核实属私人权属范围，不在城市管理事项内。可向社区调解委员会反映",
    "所反映事项正在诉讼程序中，不予立案。请按司法程序办理",
    "内容不完整，电话联系三次无法核实位置",
    "现场不存在所反映的问题",
    "属国网维修范围，已告知拨打 95598",
)
NOT_FOUND = ("到现场看过，没有发现所反映的问题", "现场已恢复正常，不需要立案")
FOUND = ("到现场看过，情况属实", "情况属实，影响通行，建议立案", "属实，已拍照")
OBJECT = (
    "该设施权属不在我单位，请改派权属单位",
    "该路段由县区养护，请核对分工",
    "属物业管理范围，不是本单位职责",
    "涉及执法，应由综合执法部门处置",
)
ANSWER = ("按职责清单第 3 条，该类设施由你单位养护", "经与编办核对，属你单位职责")
HANDLED = (
    "已处置完毕，现场恢复正常",
    "已更换，周边已清理",
    "已修复并设置警示标志，观察一周",
    "已督促责任人整改到位",
    "已清运，并安排每日巡查",
    "已与反映人联系，说明情况，反映人表示理解",
)
REWORK = ("现场仍有残留，未清理干净", "修补处不平整，仍有高差", "照片与现场位置不符，请重新处置")
AGAIN = ("已重新处置到位", "已返工，现场符合要求")
VERIFIED = ("现场已恢复", "符合结案条件", "与反馈一致")
EXTENSION = ("配件需从外地调运", "需要夜间封道施工，正在办手续", "连续降雨，无法施工")
NO_EXTENSION = ("工作量不大，请按期完成", "已有备件，请抓紧")
SUSPENSION = ("列入年度改造计划，等待施工许可", "权属正在确认，需要协调", "等待专项资金下达")
ESCALATE = ("涉及市级权属单位，请市中心协调", "跨县区问题，请市级派遣")
WITHDRAW = ("已经自己解决了", "问题已经没有了，不用来了", "报错地方了")
VOID = ("误操作重复录入", "测试录入，请作废")
MERGE = ("与已有案件反映同一处", "同一问题，并入办理")
PARTLY = ("先行围挡警示，彻底修复列入计划", "部分清理，剩余需产权单位配合")
NOT_FIXABLE = ("权属存在争议，无法强制处置，已告知反映人",)
NOT_OURS = ("属省管公路，已函告公路部门办理",)
URGE = ("请抓紧办理，市民已再次来电", "已超时限，请说明原因并尽快反馈")
REMARK = (
    "已电话告知反映人进展",
    "请注意现场安全",
    "附近有学校，请避开上下学时间",
    "已通知社区配合",
)
APPEAL = ("降雨期间无法施工，申请剔除超期",)
NO_APPEAL = ("降雨已在时限中考虑，不予剔除",)
UNSOLVED = ("并没有修好，第二天又坏了", "只清了一半", "没有人来过，问题还在", "还是老样子")
SOLVED = ("处理得很快，谢谢", "已经修好了", "态度很好", "")
INSPECTED = ("抽查发现问题反弹，重办",)
CALLERS = ("王先生", "李女士", "张先生", "刘女士", "陈先生", "赵女士", "孙先生", "周女士", "马先生")

ASKED = {"ask_extension": EXTENSION, "ask_suspension": SUSPENSION, "ask_void": VOID}


def village_name(community: str) -> str:
    """A village or community as people say it, without the name of its committee."""
    for rank, plain in (("村委会", "村"), ("村民委员会", "村"), ("居委会", "社区")):
        community = community.replace(rank, plain)
    return community


def address(chance: Random, community: str, *, village: bool) -> str:
    """Where it is, in words: a road and a number in town, a spot in a village."""
    if village:
        return f"{village_name(community)}{chance.choice(VILLAGE_SPOTS)}"
    return f"{chance.choice(ROADS)}{chance.randint(1, 320)}号{chance.choice(SPOTS)}"


def condition(chance: Random, kind: str, filing: str, *, is_thing: bool) -> str:
    """A kind and its condition as somebody would put it, short.

    is_thing  a component, of which something is said; the name of an event says it all.
    """
    first = filing.replace("；", "，").split("，")[0].split("。")[0].strip()
    if not first or len(first) > 24:
        return f"{kind}有问题" if is_thing else kind
    if kind in first:
        return first
    if is_thing:
        return f"{kind}{first}"
    return kind if chance.random() < 0.5 else first
