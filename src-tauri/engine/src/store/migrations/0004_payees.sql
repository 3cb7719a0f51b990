-- Version 4. Payments out are found by whom they paid: those that are there are indexed once more, by the journal, before it is
-- used. 1 is the journal's number for out.
UPDATE journal SET live = NULL WHERE direction = 1;
