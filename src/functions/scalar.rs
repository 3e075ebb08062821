/*!
The one implementation of `ScalarUDFImpl`: a name, parameters, a return type and a kernel.

A kernel sees coerced arguments and returns one array; that constants fold to constants is settled
here. All scalar functions are immutable.
*/

use std::{
    fmt,
    hash::{Hash, Hasher},
    sync::Arc,
};

use datafusion::{
    arrow::{
        array::ArrayRef,
        datatypes::{DataType, Field, FieldRef},
    },
    common::ScalarValue,
    error::Result,
    logical_expr::{
        ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
    },
};

use super::argument::{Arguments, Parameters};

/// A scalar function as its file describes it.
pub(super) struct Scalar {
    pub(super) name: &'static str,
    pub(super) parameters: Parameters,
    pub(super) returns: DataType,
    pub(super) kernel: fn(&Arguments) -> Result<ArrayRef>,
}

/// Looks at those arguments of a call that are constants, when the call is planned.
pub(super) type Check = fn(&[Option<&ScalarValue>]) -> Result<()>;

impl From<Scalar> for ScalarUDF {
    fn from(scalar: Scalar) -> Self {
        scalar.checked(|_| Ok(()))
    }
}

impl Scalar {
    /// The function, with faults that show before any row is read.
    pub(super) fn checked(self, check: Check) -> ScalarUDF {
        let signature = Parameters::signature();
        ScalarUDF::new_from_impl(Implementation { scalar: self, signature, check })
    }
}

struct Implementation {
    scalar: Scalar,
    signature: Signature,
    check: Check,
}

impl fmt::Debug for Implementation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.scalar.name)
    }
}

/// Names are unique, so they decide equality.
impl PartialEq for Implementation {
    fn eq(&self, other: &Self) -> bool {
        self.scalar.name == other.scalar.name
    }
}

impl Eq for Implementation {}

impl Hash for Implementation {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.scalar.name.hash(state);
    }
}

impl ScalarUDFImpl for Implementation {
    fn name(&self) -> &str {
        self.scalar.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        self.scalar.parameters.coerce(given)
    }

    fn return_type(&self, _given: &[DataType]) -> Result<DataType> {
        Ok(self.scalar.returns.clone())
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        (self.check)(args.scalar_arguments)?;
        Ok(Arc::new(Field::new(self.name(), self.scalar.returns.clone(), true)))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let constant = args.args.iter().all(|value| matches!(value, ColumnarValue::Scalar(_)));
        let rows = if constant { 1 } else { args.number_rows };
        let result = (self.scalar.kernel)(&Arguments { values: &args.args, rows })?;
        Ok(match constant {
            true => ColumnarValue::Scalar(ScalarValue::try_from_array(&result, 0)?),
            false => ColumnarValue::Array(result),
        })
    }
}
