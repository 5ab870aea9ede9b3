"""Addresses below /inventory/."""

from django.urls import path

from inventory.views import documents, reports, setup, stock, why

app_name = "inventory"
urlpatterns = [
    path("", stock.StockList.as_view(), name="stock"),
    path("levels/<int:pk>/", stock.LevelPage.as_view(), name="level"),
    path("variants/<int:pk>/", why.VariantPage.as_view(), name="why"),
    path("correct/", stock.CorrectStock.as_view(), name="correct"),
    path("moves/", stock.MoveList.as_view(), name="moves"),
    path("receipts/", documents.ReceiptList.as_view(), name="receipts"),
    path("receipts/new/", documents.Receive.as_view(), name="receive"),
    path("receipts/<str:number>/", documents.ReceiptRecord.as_view(), name="receipt"),
    path("transfers/", documents.TransferList.as_view(), name="transfers"),
    path("transfers/new/", documents.TransferEdit.as_view(), name="transfer_new"),
    path("transfers/<str:number>/", documents.TransferRecord.as_view(), name="transfer"),
    path("transfers/<str:number>/edit/", documents.TransferEdit.as_view(), name="transfer_edit"),
    path("transfers/<str:number>/send/", documents.send, name="transfer_send"),
    path("transfers/<str:number>/receive/", documents.TransferReceive.as_view(), name="transfer_receive"),
    path("transfers/<str:number>/cancel/", documents.TransferCancel.as_view(), name="transfer_cancel"),
    path("holds/", documents.HoldList.as_view(), name="holds"),
    path("holds/new/", documents.HoldNew.as_view(), name="hold_new"),
    path("holds/<int:pk>/", documents.HoldRecord.as_view(), name="hold"),
    path("holds/<int:pk>/release/", documents.release_hold, name="hold_release"),
    path("locations/", setup.LocationList.as_view(), name="locations"),
    path("locations/new/", setup.LocationNew.as_view(), name="location_new"),
    path("locations/<str:code>/", setup.LocationRecord.as_view(), name="location"),
    path("locations/<str:code>/edit/", setup.LocationEdit.as_view(), name="location_edit"),
    path("locations/<str:code>/close/", setup.LocationClose.as_view(), name="location_close"),
    path("locations/<str:code>/open/", setup.open_location, name="location_open"),
    path("suppliers/", setup.SupplierList.as_view(), name="suppliers"),
    path("suppliers/new/", setup.SupplierNew.as_view(), name="supplier_new"),
    path("suppliers/<path:code>/edit/", setup.SupplierEdit.as_view(), name="supplier_edit"),
    path("suppliers/<path:code>/", setup.SupplierRecord.as_view(), name="supplier"),
    path("reports/", reports.ReportIndex.as_view(), name="reports"),
    path("reports/stock-on-a-day/", reports.StockOnDay.as_view(), name="stock_then"),
    path("reports/cost-of-goods-sold/", reports.SaleCostList.as_view(), name="sale_costs"),
    path("reports/aging/", reports.AgingList.as_view(), name="aging"),
    path("reports/dead-stock/", reports.DeadStockList.as_view(), name="dead_stock"),
    path("reports/turnover/", reports.TurnoverList.as_view(), name="turnover"),
    path("reports/abc/", reports.AbcList.as_view(), name="abc"),
    path("reports/corrections/", reports.CorrectionList.as_view(), name="corrections"),
]
