"""The webhook worker as tests declare it: quick to try again."""

HOOK = """\
record Receipt {
  id: Text
  channel: Text
  accepted: Int
}

worker notify.webhook(event: Text, body: Text) -> Receipt
  effect   idempotent for 1d
  timeout  5s
  retry    30 times, backoff 50ms to 100ms
"""
