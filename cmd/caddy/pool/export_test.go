package pool

// UntilNext is for the table of the cadence, which real time would take minutes to show.
var UntilNext = untilNext
