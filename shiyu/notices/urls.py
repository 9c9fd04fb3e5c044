"""Where notices are shown, how one is told, and the ways out."""

from django.urls import path

from shiyu.notices.views import connectors, deliveries, mine, receipts, settings, subscriptions

app_name = "notices"

urlpatterns = [
    path("", mine.listing, name="list"),
    path("badge/", mine.badge, name="badge"),
    path("read/", mine.read_all, name="read_all"),
    path("<int:number>/read/", mine.read, name="read"),
    path("settings/", settings.settings, name="settings"),
    path("settings/<slug:channel>/", settings.address, name="address"),
    path("settings/<slug:channel>/confirm/", settings.confirm, name="confirm"),
    path("settings/<slug:channel>/drop/", settings.drop, name="drop"),
    path("connectors/", connectors.listing, name="connectors"),
    path("connectors/city/", connectors.house, name="house"),
    path("connectors/new/<slug:channel>/", connectors.new, name="new_connector"),
    path("connectors/<int:number>/", connectors.connector, name="connector"),
    path("connectors/<int:number>/do/<slug:what>/", connectors.act, name="connector_act"),
    path("subscriptions/new/", subscriptions.new, name="new_subscription"),
    path("subscriptions/<int:number>/", subscriptions.subscription, name="subscription"),
    path("subscriptions/<int:number>/secret/", subscriptions.reveal, name="reveal"),
    path("subscriptions/<int:number>/do/<slug:what>/", subscriptions.act, name="subscription_act"),
    path("deliveries/", deliveries.listing, name="deliveries"),
    path("deliveries/<int:number>/", deliveries.delivery, name="delivery"),
    path("deliveries/<int:number>/do/<slug:what>/", deliveries.act, name="delivery_act"),
    path("receipts/<uuid:ref>/", receipts.receipt, name="receipt"),
]
