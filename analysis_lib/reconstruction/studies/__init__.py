"""Studies of the search itself: known patients, withheld numbers, other assumptions, extremes."""
