"""The sentences that the page's scripts say, for translation (脚本用语).

The scripts carry the Chinese; a page in another language brings these along. A test compares
this list with the scripts.
"""

import json
from functools import cache

from django.utils.translation import gettext, gettext_noop, override

SOURCE_LANGUAGE = "zh-hans"

WORDS = (
    gettext_noop("命令框"),
    gettext_noop("要做什么"),
    gettext_noop("可以做的事"),
    gettext_noop("正在提交…"),
    gettext_noop("没有完成。再试一次，或换一种方式"),
    gettext_noop("清空"),
    gettext_noop("上次没写完的内容还在。"),
    gettext_noop("没有网络。已保存在手机，联网后再按一次提交。"),
    gettext_noop("关闭"),
    gettext_noop("快捷键"),
    gettext_noop("关掉或改单键快捷键"),
    gettext_noop("下一件 / 上一件"),
    gettext_noop("打开"),
    gettext_noop("选中"),
    gettext_noop("连着选"),
    gettext_noop("打开这一项办理"),
    gettext_noop("提交"),
    gettext_noop("关闭，回到列表"),
    gettext_noop("撤回我的上一步"),
    gettext_noop("显示新案件"),
    gettext_noop("搜索"),
    gettext_noop("到批量办理"),
    gettext_noop("去工作台 / 我上报的"),
    gettext_noop("去日统计 / 常用筛选 / 导出的文件"),
    gettext_noop("{n}分"),
    gettext_noop("{n}时"),
    gettext_noop("{h}时{m}分"),
    gettext_noop("{n}天"),
    gettext_noop("{d} 天 {h} 小时"),
    gettext_noop("{n} 分钟"),
    gettext_noop("{n} 小时"),
    gettext_noop("{h} 小时 {m} 分钟"),
    gettext_noop("正常"),
    gettext_noop("临期"),
    gettext_noop("超期"),
    gettext_noop("超 {time}"),
    gettext_noop("剩 {time}"),
    gettext_noop("{light}，超出 {time}"),
    gettext_noop("{light}，剩余 {time}"),
    gettext_noop("已选 {n} 件：{numbers} 等"),
    gettext_noop("已选 {n} 件：{numbers}"),
    gettext_noop("有 {n} 件新案件，按 R 显示"),
    gettext_noop("有 {n} 件新案件、{m} 件有变化，按 R 显示"),
    gettext_noop("有 {m} 件有变化，按 R 重新排列"),
    gettext_noop("新增 {n} 件"),
    gettext_noop("看最新的"),
    gettext_noop("这件案件刚刚有变化。"),
    gettext_noop("您写的内容还在。"),
    gettext_noop("{did}，现在{stage}。"),
    gettext_noop("；"),
    gettext_noop("“{title}”现在办不了了；您写的可以作为批注保存。"),
    gettext_noop("这件案件已转到别处，您看不到它的新情况了。"),
    gettext_noop("{names} 正在查看"),
    gettext_noop("{names} 等 {n} 人正在查看"),
    gettext_noop("、"),
    gettext_noop("数据停在 {time}，正在重连。可以继续办理。"),
    gettext_noop("标出的位置"),
    gettext_noop("放大"),
    gettext_noop("缩小"),
    gettext_noop("转回正北"),
    gettext_noop("用手机定位"),
    gettext_noop("这台手机不能定位"),
    gettext_noop("按住 Ctrl 再滚动可缩放地图"),
    gettext_noop("按住 ⌘ 再滚动可缩放地图"),
    gettext_noop("用两个手指移动地图"),
    gettext_noop("地图：点一下标出问题位置，同样可以填写地址"),
    gettext_noop("地图，同内容见旁边列表"),
    gettext_noop("拍照或选照片"),
    gettext_noop("正在准备照片…"),
    gettext_noop("最多 {n} 张，多的没有加。"),
    gettext_noop("照片应是 JPG、PNG 或 HEIC"),
    gettext_noop("照片超过 20 MB，请换一张或重拍"),
    gettext_noop("{n} / {max} 张"),
    gettext_noop("再加一张"),
    gettext_noop("第 {n} 张照片"),
    gettext_noop("去掉"),
    gettext_noop("去掉第 {n} 张照片"),
    gettext_noop("手机没有允许定位。可以填写街道和门牌，或在地图上点一下。"),
    gettext_noop("等了 15 秒还没有定到位置。可以填写街道和门牌，或在地图上点一下。"),
    gettext_noop("这里收不到定位信号。可以填写街道和门牌，或在地图上点一下。"),
    gettext_noop("在地图上改"),
    gettext_noop("这台手机不能定位。请填写街道和门牌。"),
    gettext_noop("正在定位…"),
    gettext_noop("已定位，误差约 {n} 米。"),
    gettext_noop("已按照片里的位置填好，请核对。"),
    gettext_noop("已标在地图上。再点一下可以改。"),
    gettext_noop("点一下地图标出位置。也可以用方向键移动，按回车标在正中。"),
    gettext_noop("地图打不开。请填写街道和门牌。"),
    gettext_noop("这里打不开地图，位置见文字和列表。"),
    gettext_noop("编号"),
    gettext_noop("回执码"),
    gettext_noop("凭回执码查进度、评价"),
    gettext_noop("存成图片"),
    gettext_noop("打印"),
    gettext_noop("听"),
    gettext_noop("停"),
    gettext_noop("没有网络。您写的内容还在，联网后再提交一次。"),
    gettext_noop("系统暂时办不了这件事。您写的内容还在，稍后再试。急事请打 12345。"),
)


def for_scripts(language: str) -> str:
    """All sentences in that language as JSON; nothing in the language they are written in."""
    return "" if language == SOURCE_LANGUAGE else _translated(language)


@cache
def _translated(language: str) -> str:
    with override(language):
        return json.dumps({word: gettext(word) for word in WORDS}, ensure_ascii=False)
