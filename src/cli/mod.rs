/*!
The command line: clap structs, one file per subcommand, rendering as text or JSON. Decides nothing.
*/
