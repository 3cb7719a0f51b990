//! Errors as the page sees them: a code it has words for, and the whole chain of causes for the log view.

use crate::dto::ApiError;
use fulmen_engine::error::{Code, Coded, chain_of};
use fulmen_practice::network::NetworkError;
use std::error::Error;

/// What every command answers with.
pub(crate) type Answer<T> = Result<T, ApiError>;

impl<E: Coded> From<E> for ApiError {
    fn from(error: E) -> Self {
        Self { detail: error.detail(), ..Self::caused(error.code(), &error) }
    }
}

impl ApiError {
    /// With our own words.
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), detail: None }
    }

    /// With the words of its causes.
    pub(crate) fn caused(code: Code, error: &dyn Error) -> Self {
        Self::new(code, chain_of(error))
    }
}

/// For `map_err`.
pub(crate) fn internal<E: Error>(error: E) -> ApiError {
    ApiError::caused(Code::Internal, &error)
}

/// For `map_err`: the code of the engine's own error where there is one inside.
pub(crate) fn practice(error: NetworkError) -> ApiError {
    let code = match &error {
        NetworkError::Node(inner) => inner.code(),
        NetworkError::Channel(inner) => inner.code(),
        NetworkError::Pay(inner) => inner.code(),
        NetworkError::Receive(inner) => inner.code(),
        NetworkError::Offers(inner) => inner.code(),
        NetworkError::Io(_) => Code::Storage,
        NetworkError::Waiting(_) => Code::NotReady,
        NetworkError::Chain(_) => Code::Internal,
    };
    ApiError::caused(code, &error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use fulmen_engine::OpenError;
    use fulmen_engine::keys::{SealError, Words};

    #[test]
    fn a_code_comes_with_its_number_and_all_its_causes() {
        let words = "abandon abandon abandon abandon abandon abandon abandon nonsense abandon abandon abandon about";
        let unknown = ApiError::from(Words::parse(words).unwrap_err());
        assert_eq!((unknown.code, unknown.detail), (Code::UnknownWord, Some(8)));

        let wrong = ApiError::from(OpenError::Seal(SealError::WrongPassword));
        assert_eq!(wrong.code, Code::WrongPassword);
        assert_eq!(
            wrong.message,
            "cannot open the sealed keys: the password does not open the wallet"
        );

        let inner = practice(NetworkError::Node(OpenError::Exists));
        assert_eq!(inner.code, Code::WalletExists);
    }
}
