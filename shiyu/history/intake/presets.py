"""How lists of reports come from elsewhere: which columns, which channel (来件格式)."""

from collections.abc import Mapping

from shiyu.cases.channels import Channel
from shiyu.history.reports.columns import ROLES, Layout

MORE = ("title", "kind_name", "name", "phone", "status")
"""What a report may have beside what a recorded case has."""
ARRIVAL_ROLES = tuple(role for role in ROLES if role != "unit") + MORE

ENDED = frozenset(
    {
        *("closed", "已办结", "办结", "已结案", "结案", "已归档", "归档", "已完成", "完成"),
        *("已关闭", "关闭", "已作废", "作废", "已撤销", "已回访"),
    }
)
"""A report of such a status is no new one."""

ARRIVALS: Mapping[str, Layout] = {
    "open311": Layout(
        {
            "id": ("service_request_id", "Service Request ID"),
            "created": ("requested_datetime", "requested_date"),
            "due": ("expected_datetime",),
            "kind": ("service_code",),
            "kind_name": ("service_name",),
            "lat": ("lat", "latitude"),
            "lon": ("long", "lon", "longitude"),
            "text": ("description",),
            "address": ("address", "address_string"),
            "status": ("status",),
        },
        timezone="UTC",
        missing=frozenset({"null", "None"}),
        source="open311",
        insisted=frozenset(),
    ),
    "12345": Layout(
        {
            "id": ("工单编号", "工单号", "受理编号", "诉求编号", "留言编号", "编号"),
            "created": (
                *("来电时间", "受理时间", "登记时间", "诉求时间", "来件时间", "创建时间"),
                *("留言时间", "工单时间"),
            ),
            "closed": ("办结时间", "结案时间", "归档时间"),
            "due": ("办理时限", "办结时限", "截止时间", "要求办结时间", "应办结时间"),
            "kind": (
                "诉求小类",
                "问题小类",
                "三级分类",
                "诉求类别",
                "问题分类",
                "问题类别",
                "类别",
            ),
            "lat": ("纬度",),
            "lon": ("经度",),
            "title": ("诉求标题", "工单标题", "留言主题", "标题", "主题"),
            "text": (
                *("诉求内容", "诉求描述", "工单内容", "问题描述", "主要内容", "反映内容"),
                *("留言详情", "内容"),
            ),
            "address": ("地址", "事发地址", "诉求地址", "问题地址", "事发地点", "发生地点"),
            "place": ("所属区域", "事发区域", "诉求区域", "所属街道", "区县", "区域"),
            "name": ("来电人", "来电人姓名", "诉求人", "诉求人姓名", "市民姓名", "姓名", "联系人"),
            "phone": ("来电号码", "联系电话", "来电电话", "手机号码", "联系方式", "电话"),
            "status": ("工单状态", "办理状态", "状态"),
        },
        timezone="Asia/Shanghai",
        missing=frozenset({"无", "不详", "未知", "匿名", "-", "--", "/"}),
        source="12345",
        insisted=frozenset(),
    ),
}

CHANNELS: Mapping[str, Channel] = {"open311": Channel.PUBLIC, "12345": Channel.HOTLINE}
"""Through which door a preset's reports come, unless somebody says otherwise."""
