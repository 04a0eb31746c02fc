"""Pages of following up: the board, hand-overs, letters, proposals; part of the addresses of supervision."""

from django.urls import path

from inspections.views import board, letters, proposals

urlpatterns = [
    path("recommendations/board/", board.board, name="board"),
    path("recommendations/hand-over/", board.hand_over, name="hand_over"),
    path("recommendations/escalation/", board.escalation, name="escalation"),
    path("recommendations/letters/", letters.letter_list, name="letter_list"),
    path("recommendations/letters/new/", letters.letter_new, name="letter_new"),
    path("recommendations/proposals/", proposals.proposal_list, name="proposal_list"),
    path("recommendations/proposals/<int:pk>/", proposals.proposal_detail, name="proposal_detail"),
    path("recommendations/proposals/<int:pk>/<slug:action>/", proposals.proposal_action, name="proposal_action"),
]
