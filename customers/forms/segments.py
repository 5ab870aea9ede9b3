"""The limits of the segments, as people type them."""

from django import forms

from customers.models import SegmentLimits


class LimitsForm(forms.ModelForm):
    class Meta:
        model = SegmentLimits
        fields = [
            "window_days",
            "currency",
            "a_percent",
            "b_percent",
            "recency_days",
            "frequency_orders",
            "monetary_amounts",
            "new_days",
            "silent_days",
            "lost_days",
            "churn_factor",
            "gap_days",
        ]
