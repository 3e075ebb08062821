/*!
A synthetic company: exports in the layouts of real vendors, with known dirt, and the truth behind them.
*/
