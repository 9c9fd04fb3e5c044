"""What a form was sent, told apart from a page that is only looked at (表单提交)."""

from django.http import HttpRequest, QueryDict


def posted(request: HttpRequest) -> QueryDict | None:
    """What was sent, even if it is nothing; None when a page is only looked at."""
    return request.POST if request.method == "POST" else None
