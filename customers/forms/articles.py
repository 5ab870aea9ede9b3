"""What people type about articles."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Article, HelpCategory


class Suggesting(forms.TextInput):
    """A text with a list of what is there already to choose from."""

    template_name = "help/_topic_widget.html"

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["attrs"]["list"] = f"{name}-known"
        context["known"] = [(one.topic, str(one)) for one in HelpCategory.objects.all()[:200]]
        context["list_id"] = f"{name}-known"
        return context


class ArticleForm(forms.ModelForm):
    slug = forms.SlugField(
        label=gettext_lazy("Address"),
        max_length=120,
        required=False,
        help_text=gettext_lazy("The end of the link, /help/<b>address</b>/. Left blank, it is made from the title."),
    )

    class Meta:
        model = Article
        fields = ["title", "title_zh", "topic", "slug", "body", "body_zh"]
        widgets = {
            "topic": Suggesting,
            "body": forms.Textarea(attrs={"rows": 12}),
            "body_zh": forms.Textarea(attrs={"rows": 12}),
        }
        labels = {"topic": gettext_lazy("Category")}
        help_texts = {
            "topic": gettext_lazy("One that is there, or a new word, which becomes a category."),
            "body": gettext_lazy("A blank line begins a paragraph."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.published_at:
            self.fields["slug"].help_text = _("The address was public already; after a change the old one leads on.")


class HelpCategoryForm(forms.ModelForm):
    parent = forms.ModelChoiceField(HelpCategory.objects.none(), label=gettext_lazy("Below"), required=False)
    slug = forms.SlugField(
        label=gettext_lazy("Address"),
        max_length=80,
        required=False,
        help_text=gettext_lazy("Left blank, it is made from the name."),
    )
    topic = forms.CharField(
        label=gettext_lazy("Topic of its articles"),
        max_length=80,
        required=False,
        help_text=gettext_lazy("The word that articles and files name it by. Left blank, it is the name."),
    )

    class Meta:
        model = HelpCategory
        fields = ["name", "name_zh", "parent", "position", "slug", "topic"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["parent"].queryset = HelpCategory.objects.filter(parent=None).exclude(pk=self.instance.pk)
        if self.instance.pk:
            self.fields["topic"].disabled = True
            self.fields["topic"].help_text = _("Articles name it by this word; it stays.")


class RelatedForm(forms.Form):
    related = forms.ModelMultipleChoiceField(
        Article.objects.none(),
        label=gettext_lazy("Related articles"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("They come first; others are found by category and words."),
    )

    def __init__(self, *args: Any, article: Article, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["related"].queryset = Article.objects.published().exclude(pk=article.pk).order_by("topic", "title")
        self.initial.setdefault("related", list(article.chosen.values_list("other", flat=True)))
