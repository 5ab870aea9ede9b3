"""Addresses below /orders/."""

from django.urls import path

from orders.views import actions, drafts, lists, prints, records

app_name = "orders"
urlpatterns = [
    path("", lists.OrderList.as_view(), name="list"),
    path("new/", drafts.DraftPage.as_view(), name="new"),
    path("variants/<int:pk>/", drafts.VariantInfo.as_view(), name="variant-info"),
    path("packing-slips/", prints.PackingSlips.as_view(), name="packing-slips"),
    path("fulfilments/", lists.FulfilmentList.as_view(), name="fulfilments"),
    path("fulfilments/<str:number>/", records.FulfilmentRecord.as_view(), name="fulfilment"),
    path("fulfilments/<str:number>/pack/", actions.Pack.as_view(), name="fulfilment-pack"),
    path("fulfilments/<str:number>/ship/", actions.Ship.as_view(), name="fulfilment-ship"),
    path("fulfilments/<str:number>/deliver/", actions.Deliver.as_view(), name="fulfilment-deliver"),
    path("fulfilments/<str:number>/tracking/", actions.Tracking.as_view(), name="fulfilment-tracking"),
    path("fulfilments/<str:number>/cancel/", actions.CancelParcel.as_view(), name="fulfilment-cancel"),
    path("returns/", lists.ReturnList.as_view(), name="returns"),
    path("returns/<str:number>/", records.ReturnRecord.as_view(), name="return"),
    path("returns/<str:number>/approve/", actions.Approve.as_view(), name="return-approve"),
    path("returns/<str:number>/receive/", actions.Receive.as_view(), name="return-receive"),
    path("returns/<str:number>/close/", actions.CloseReturn.as_view(), name="return-close"),
    path("returns/<str:number>/cancel/", actions.CancelReturn.as_view(), name="return-cancel"),
    path("invoices/", lists.InvoiceList.as_view(), name="invoices"),
    path("invoices/<str:number>/", prints.InvoicePage.as_view(), name="invoice"),
    path("invoices/<str:number>/credit/", actions.Credit.as_view(), name="credit"),
    path("<str:number>/", records.OrderRecord.as_view(), name="order"),
    path("<str:number>/edit/", drafts.DraftPage.as_view(), name="edit"),
    path("<str:number>/details/", drafts.DetailsPage.as_view(), name="details"),
    path("<str:number>/place/", actions.Place.as_view(), name="place"),
    path("<str:number>/cancel/", actions.Cancel.as_view(), name="cancel"),
    path("<str:number>/cancel-lines/", actions.CancelLines.as_view(), name="cancel-lines"),
    path("<str:number>/close/", actions.Close.as_view(), name="close"),
    path("<str:number>/reopen/", actions.Reopen.as_view(), name="reopen"),
    path("<str:number>/note/", actions.Note.as_view(), name="note"),
    path("<str:number>/pay/", actions.Pay.as_view(), name="pay"),
    path("<str:number>/refund/", actions.GiveBack.as_view(), name="refund"),
    path("<str:number>/invoice/", actions.IssueInvoice.as_view(), name="invoice-order"),
    path("<str:number>/fulfil/", actions.Fulfil.as_view(), name="fulfil"),
    path("<str:number>/reallocate/", actions.Reallocate.as_view(), name="reallocate"),
    path("<str:number>/return/", actions.Announce.as_view(), name="announce"),
]
