/*!
SQL functions, one per file, named as in SQL. Mathematics lives in `models/`.
*/

use datafusion::prelude::SessionContext;

use crate::error::Result;

/// Makes every function of this crate known to a session.
pub fn register(_context: &SessionContext) -> Result<()> {
    Ok(())
}
