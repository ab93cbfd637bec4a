-- Of what trip updates say the newest message counts, so cancellations and skips can be taken back;
-- what a vehicle was seen to do stands. Both need to know who said it.

ALTER TABLE ops.stop_event ADD COLUMN reported_by TEXT;
