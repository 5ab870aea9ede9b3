"""What people type about articles."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Article


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
        widgets = {"body": forms.Textarea(attrs={"rows": 12}), "body_zh": forms.Textarea(attrs={"rows": 12})}
        help_texts = {"body": gettext_lazy("A blank line begins a paragraph.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.published_at:
            self.fields["slug"].disabled = True
            self.fields["slug"].help_text = _("The address was public already, and links lead to it. It stays.")
