/// The door for browsers.
enum SignIn {
    static func address(returningTo target: String) -> String { target == "/" ? "/sign-in" : "/sign-in" }
}
