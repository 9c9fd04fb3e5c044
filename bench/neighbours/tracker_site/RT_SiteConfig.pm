# Request Tracker for the measure: its defaults, with the database of the measure. No mail leaves
# the machine (it is composed and thrown away); data directories are the measure's own.
use JSON ();
my $home = $ENV{TRACKER_HOME} or die "TRACKER_HOME is not set";
my $said = do { local $/; open my $file, '<', "$home/connection.json" or die $!; <$file> };
my $database = JSON::decode_json($said);

Set($rtname, 'city.example');
Set($Organization, 'city.example');
Set($CorrespondAddress, 'desk@city.example');
Set($CommentAddress, 'comment@city.example');
Set($WebDomain, '127.0.0.1');
Set($WebPort, $ENV{TRACKER_PORT} || 18082);
Set($WebPath, '');
Set($Timezone, 'UTC');

Set($DatabaseType, 'Pg');
Set($DatabaseHost, $database->{host});
Set($DatabasePort, $database->{port});
Set($DatabaseName, $database->{database});
Set($DatabaseUser, 'owner');
Set($DatabasePassword, $database->{passwords}{owner});
Set($DatabaseAdmin, 'owner');

Set($MailCommand, sub { return 1 });
Set($LogToSyslog, undef);
Set($LogToSTDERR, 'error');
Set($LogToFile, undef);

$RT::MasonDataDir    = "$home/mason_data";
$RT::MasonSessionDir = "$home/session_data";
$RT::VarPath         = "$home/var";
1;
