"""Addresses of the app. The credential's `.json` address is its id for ever."""

from django.urls import include, path

from badges.views import achievements, cards, certificates, checking, credentials, endorsements, hosted, issuer

CREDENTIALS = [
    path("<uuid:credential_id>/", credentials.credential, name="credential"),
    path("<uuid:credential_id>.json", credentials.document, name="credential-json"),
    path("verify", checking.verify, name="verify"),
    path("<uuid:credential_id>/card.png", cards.card, name="card"),
    path("<uuid:credential_id>/strip.png", cards.strip, name="strip"),
    path("<uuid:credential_id>/shown-name", credentials.shown_name, name="shown-name"),
    path("<uuid:credential_id>/newest.json", credentials.newest, name="credential-newest"),
    path("<uuid:credential_id>.jwt", credentials.token, name="credential-jwt"),
    path("<uuid:credential_id>.rs256.jwt", credentials.token_by_rsa, name="credential-jwt-rs256"),
    path("<uuid:credential_id>.png", credentials.picture, name="credential-png"),
    path("<uuid:credential_id>.svg", credentials.drawing, name="credential-svg"),
    path("<uuid:credential_id>.pdf", certificates.certificate, name="credential-pdf"),
    path("<uuid:credential_id>/endorse", endorsements.endorse, name="endorse"),
    path("<uuid:credential_id>/endorsements.json", endorsements.of_award, name="endorsements-json"),
    path("endorsements/<uuid:endorsement_id>/", endorsements.endorsement, name="endorsement"),
    path("endorsements/<uuid:endorsement_id>.json", endorsements.document, name="endorsement-json"),
    path("endorsements/<uuid:endorsement_id>.jwt", endorsements.token, name="endorsement-jwt"),
    path("endorsements/<uuid:endorsement_id>/hidden", endorsements.hidden, name="endorsement-hidden"),
]
"""The busiest ones first: they are tried one after the other."""
ISSUER = [
    path("", issuer.issuer, name="issuer"),
    path("profile.json", issuer.profile, name="issuer-profile"),
    path("status/<int:number>", issuer.status_list, name="status-list"),
]
HOSTED = [
    path("issuer.json", hosted.issuer, name="ob2-issuer"),
    path("badges/<slug:slug>/<int:version>.json", hosted.badge_class, name="ob2-badge"),
    path("badges/<slug:slug>/<int:version>.png", hosted.badge_image, name="ob2-badge-image"),
    path("assertions/<uuid:credential_id>.json", hosted.assertion, name="ob2-assertion"),
    path("assertions/<uuid:credential_id>.png", hosted.picture, name="ob2-png"),
    path("assertions/<uuid:credential_id>.svg", hosted.drawing, name="ob2-svg"),
]

app_name = "badges"
urlpatterns = [
    path("credentials/", include(CREDENTIALS)),
    path("badges/<slug:slug>/", achievements.achievement, name="achievement"),
    path("badges/<slug:slug>/image.png", achievements.image, name="achievement-image"),
    path("endorsements/", endorsements.written, name="endorsements"),
    path("endorsements/<uuid:endorsement_id>/withdraw", endorsements.withdraw, name="endorsement-withdraw"),
    path(".well-known/did.json", issuer.did, name="did"),
    path(".well-known/jwks.json", issuer.jwks, name="jwks"),
    path("issuer/", include(ISSUER)),
    path("ob2/", include(HOSTED)),
]
