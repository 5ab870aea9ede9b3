"""Addresses of people, one's own account, jobs and the audit."""

from django.urls import include, path
from django.utils.translation import gettext_lazy as _

from backoffice import navigation
from backoffice import views_audit as audit
from backoffice import views_jobs as jobs
from backoffice import views_people as people

people_urls = (
    [
        path("people/", people.UserList.as_view(), name="users"),
        path("people/roles/", people.Roles.as_view(), name="roles"),
        path("people/roles/<int:pk>/second-factor/", people.second_factor_policy, name="role-policy"),
        path("people/invite/", people.Invite.as_view(), name="invite"),
        path("people/invitations/", people.InvitationList.as_view(), name="invitations"),
        path("people/invitations/<int:pk>/", people.InvitationRecord.as_view(), name="invitation"),
        path("people/invitations/<int:pk>/resend/", people.Resend.as_view(), name="resend"),
        path("people/invitations/<int:pk>/withdraw/", people.Withdraw.as_view(), name="withdraw"),
        path("people/<int:pk>/", people.UserRecord.as_view(), name="user"),
        path("people/<int:pk>/edit/", people.EditUser.as_view(), name="edit"),
        path("people/<int:pk>/deactivate/", people.Deactivate.as_view(), name="deactivate"),
        path("people/<int:pk>/reactivate/", people.Reactivate.as_view(), name="reactivate"),
        path("people/<int:pk>/end-sessions/", people.EndSessions.as_view(), name="end-sessions"),
        path("people/<int:pk>/remove-second-factor/", people.RemoveSecondFactor.as_view(), name="remove-second-factor"),
        path("account/", people.Account.as_view(), name="account"),
        path("account/tokens/", people.new_token, name="token-new"),
        path("account/tokens/<int:pk>/revoke/", people.revoke_token, name="token-revoke"),
    ],
    "people",
)
job_urls = (
    [
        path("", jobs.JobList.as_view(), name="jobs"),
        path("<int:pk>/", jobs.JobRecord.as_view(), name="job"),
        path("<int:pk>/retry/", jobs.RetryJob.as_view(), name="retry"),
    ],
    "jobs",
)
audit_urls = (
    [
        path("", audit.AuditList.as_view(), name="events"),
        path("<int:pk>/", audit.AuditRecord.as_view(), name="event"),
    ],
    "audit",
)

urlpatterns = [
    path("", include(people_urls)),
    path("jobs/", include(job_urls)),
    path("audit/", include(audit_urls)),
    path("invitation/<str:token>/", people.accept, name="invitation"),
]

navigation.register("system", _("People"), "people:users", permission="backoffice.view_user", order=10, icon="users")
navigation.register(
    "system", _("Invitations"), "people:invitations", permission="backoffice.manage_people", order=12, icon="mail"
)
navigation.register("system", _("Roles"), "people:roles", permission="backoffice.view_user", order=14, icon="shield")
navigation.register("system", _("Jobs"), "jobs:jobs", permission="backoffice.view_jobs", order=40, icon="activity")
navigation.register(
    "system", _("Audit"), "audit:events", permission="backoffice.view_auditevent", order=50, icon="history"
)
