"""Studies of the search: known patients, withheld numbers, other assumptions, conflicts, diversity."""
