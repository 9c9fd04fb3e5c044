"""Words after which the emergency numbers are shown above everything (紧急情况)."""

WORDS = (
    *("着火", "起火", "火灾", "冒烟", "爆炸", "煤气泄漏", "燃气泄漏", "天然气泄漏", "漏气"),
    *("触电", "漏电", "溺水", "落水", "掉下去", "掉进", "昏迷", "晕倒", "流血", "受伤", "救命"),
    *("打架", "持刀", "抢劫", "车祸", "塌陷", "坍塌", "塌方", "倒塌", "被困", "自杀", "跳楼"),
)


def sounds_urgent(text: str) -> bool:
    """Whether a report reads like something that cannot wait for a desk."""
    return any(word in text for word in WORDS)
