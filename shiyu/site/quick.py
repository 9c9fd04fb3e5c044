"""Django's templates with the commonest steps done without detours (快速渲染).

Most of a page's processor time goes into looking up `case.number` and writing it down. Django asks
at every step whether it might be a dictionary, a list, a method, a date in some language; here the
usual answers are taken first, and everything else is left to Django's own code, which therefore
decides every doubtful case. Templates, tags and what they show stay as they are:
`site/tests/test_quick.py` draws the same templates both ways (decision 0011).
"""

import re
from html import escape
from typing import Any

from django.template import Origin, Template, TemplateDoesNotExist, VariableDoesNotExist
from django.template.base import (
    FilterExpression,
    Lexer,
    Node,
    NodeList,
    Parser,
    Token,
    Variable,
    VariableNode,
    render_value_in_context,
)
from django.template.context import Context
from django.template.loaders import cached
from django.templatetags.i18n import TranslateNode
from django.utils.safestring import SafeString
from django.utils.translation import get_language

UNSAFE = re.compile("[&<>\"']")
MISSING = object()
OF_DJANGO: Any = vars(Variable)["_resolve_lookup"]


class QuickVariable(Variable):
    """A name and its attributes, looked up the usual way first (变量)."""

    __slots__ = ()

    def _resolve_lookup(self, context: Any) -> Any:
        found = self.quickly(context) if isinstance(context, Context) else MISSING
        return OF_DJANGO(self, context) if found is MISSING else found

    def quickly(self, context: Any) -> Any:
        """What a plain name, key or attribute holds; MISSING wherever Django may see more."""
        first, *rest = self.lookups or ()
        for known in reversed(context.dicts):
            if first in known:
                current = known[first]
                break
        else:
            return MISSING
        for bit in rest:
            if callable(current):
                return MISSING
            kind = type(current)
            if kind is dict:
                current = current.get(bit, MISSING)
            elif hasattr(kind, "__getitem__"):
                return MISSING
            else:
                try:
                    current = getattr(current, bit)
                except AttributeError:
                    return MISSING
            if current is MISSING:
                return MISSING
        return MISSING if callable(current) else current

    def is_unknown(self, context: Any) -> bool:
        """Whether Django too would find nothing: such a name is used in many an `{% if %}`."""
        first, *rest = self.lookups or ()
        for known in reversed(context.dicts):
            if first in known:
                return bool(rest) and len(rest) == 1 and _lacks(known[first], rest[0])
        return not hasattr(context, first)


def _lacks(value: Any, name: str) -> bool:
    """Whether a value has nothing of this name, by key, attribute or position."""
    kind = type(value)
    if callable(value) or name.isdigit() or hasattr(kind, "__getattr__"):
        return False
    if kind is dict:
        return name not in value and not hasattr(kind, name)
    return not hasattr(kind, "__getitem__") and not hasattr(kind, name) and not _has(value, name)


def _has(value: Any, name: str) -> bool:
    return name in getattr(value, "__dict__", ())


class QuickExpression(FilterExpression):
    """A variable with its filters; one without filters needs no more than its value (表达式)."""

    __slots__ = ()

    def __init__(self, token: str, parser: Parser) -> None:
        super().__init__(token, parser)
        if type(self.var) is Variable and self.var.lookups is not None and not self.var.translate:
            self.var = QuickVariable(self.var.var)

    def resolve(self, context: Any, ignore_failures: bool = False) -> Any:
        variable = self.var
        if type(variable) is QuickVariable and not self.filters:
            found = variable.quickly(context) if isinstance(context, Context) else MISSING
            if found is not MISSING:
                return found
            if ignore_failures and isinstance(context, Context):
                if variable.is_unknown(context):
                    return None
                try:
                    return variable.resolve(context)
                except VariableDoesNotExist:
                    return None
        return super().resolve(context, ignore_failures)


class QuickValue(VariableNode):
    """`{{ value }}`: a string is escaped, a whole number written, all else is Django's (取值)."""

    def render_annotated(self, context: Any) -> str:
        value = self.filter_expression.resolve(context)
        kind = type(value)
        if kind is SafeString:
            return value
        if kind is str:
            return escaped(value) if context.autoescape else value
        if kind is int:
            return str(value)
        return render_value_in_context(value, context)


class QuickTranslate(TranslateNode):
    """`{% translate "…" %}` of fixed words, looked up once for each language (译文)."""

    def render_annotated(self, context: Any) -> str:
        known = self.__dict__.setdefault("known", {})
        language = get_language()
        if language not in known:
            known[language] = self.render(context)
        return known[language]

    @staticmethod
    def serves(node: TranslateNode) -> bool:
        """Whether its words are always the same: nothing is looked up, and none asks for them."""
        expression = node.filter_expression
        fixed = isinstance(expression.var, str) or expression.var.literal is not None
        return fixed and not (expression.filters or node.asvar or node.message_context)


class QuickParser(Parser):
    """Puts the quick nodes in the place of Django's own."""

    def compile_filter(self, token: str) -> FilterExpression:
        return QuickExpression(token, self)

    def extend_nodelist(self, nodelist: NodeList, node: Node, token: Token) -> None:
        if type(node) is VariableNode:
            node.__class__ = QuickValue
        elif type(node) is TranslateNode and QuickTranslate.serves(node):
            node.__class__ = QuickTranslate
        super().extend_nodelist(nodelist, node, token)


class QuickTemplate(Template):
    """A template read by the quick parser."""

    def compile_nodelist(self) -> NodeList:
        if self.engine.debug:  # whose pages of errors need Django's own nodes
            return super().compile_nodelist()
        parser = QuickParser(
            Lexer(self.source).tokenize(),
            self.engine.template_libraries,
            self.engine.template_builtins,
            self.origin,
        )
        nodelist = parser.parse()
        self.extra_data = parser.extra_data
        return nodelist


class Loader(cached.Loader):
    """Reads each template once for as long as the process lives, as quick ones."""

    def get_template(self, template_name: str, skip: list[Origin] | None = None) -> Template:
        key = self.cache_key(template_name, skip)
        known = self.get_template_cache.get(key)
        if isinstance(known, Template):
            return known
        tried = []
        for origin in self.get_template_sources(template_name):
            if skip is not None and origin in skip:
                tried.append((origin, "Skipped to avoid recursion"))
                continue
            try:
                text = self.get_contents(origin)
            except TemplateDoesNotExist:
                tried.append((origin, "Source does not exist"))
                continue
            made = QuickTemplate(str(text), origin, template_name, self.engine)
            self.get_template_cache[key] = made
            return made
        raise TemplateDoesNotExist(template_name, tried=tried)


def escaped(text: str) -> str:
    """Safe to stand in HTML; most words are so already."""
    return escape(text) if UNSAFE.search(text) else text
