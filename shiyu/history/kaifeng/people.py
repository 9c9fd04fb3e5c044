"""Made-up names for the people of the demo city (演示人名)."""

from random import Random

SURNAMES = (
    "王李张刘陈杨黄赵周吴徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任"
    "沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严"
)
GIVEN = (
    *(
        "伟",
        "芳",
        "娜",
        "敏",
        "静",
        "丽",
        "强",
        "磊",
        "军",
        "洋",
        "勇",
        "艳",
        "杰",
        "娟",
        "涛",
        "明",
    ),
    *(
        "超",
        "秀英",
        "霞",
        "平",
        "刚",
        "桂英",
        "建国",
        "建华",
        "志强",
        "海燕",
        "晓东",
        "文博",
        "雨桐",
    ),
    *(
        "子涵",
        "浩然",
        "梓萱",
        "佳怡",
        "俊杰",
        "思远",
        "国庆",
        "红梅",
        "玉兰",
        "春生",
        "立新",
        "永刚",
    ),
    *(
        "海涛",
        "雪梅",
        "东升",
        "卫民",
        "志远",
        "新华",
        "长青",
        "玉珍",
        "广林",
        "保国",
        "慧敏",
        "凤英",
    ),
)


class Names:
    """Draws names that nobody in this city has yet, the same ones for the same seed."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self._used: set[str] = set()

    def draw(self) -> str:
        for _try in range(50):
            name = self._chance.choice(SURNAMES) + self._chance.choice(GIVEN)
            if name not in self._used:
                break
        self._used.add(name)
        return name
