#!/usr/bin/perl
# Queues, people, rights, a token, and as many tickets as asked for:  perl fill.pl COUNT
#
# Some hundred tickets are made by Request Tracker's own interface, from creation to resolution
# (two in a hundred stay open); SQL copies them with all that belongs to them (role groups,
# members, transactions, attachments, but no records of outgoing mail, which no list reads), at
# other times, under other subjects. Prints as JSON what a client needs to know.
use strict;
use warnings;
use utf8;
use lib '/usr/local/share/request-tracker5/lib', '/usr/share/request-tracker5/lib';
use JSON ();
use MIME::Entity;
use RT;
RT->LoadConfig;
RT->Init;
require RT::AuthToken;

my $COUNT    = shift @ARGV or die "how many tickets?";
my $PASSWORD = 'bench-only-2026';
my $PEOPLE   = 24;
my $PATTERN  = 200;
my @QUEUES   = qw(roads water parks lamps waste order drains other);
my @STREETS  = ('书店街', '鼓楼街', '中山路', '解放路', '西门大街', '大梁路', '黄河大街', '宋城路');
my @WHAT     = ('井盖破损', '路灯不亮', '垃圾未清', '道路破损', '占道经营', '污水外溢', '树木倒伏', '违章停车');
my $SAID     = '井盖破了一个大洞，晚上看不见，昨天有人骑车摔倒，请尽快来修';
my $system   = RT->SystemUser;

my @queues = map { queue($_) } @QUEUES;
my $staff  = staff_group();
my @people = map { person("staff$_", 1) } 0 .. $PEOPLE - 1;
$staff->_AddMember( PrincipalId => $_->PrincipalId, InsideTransaction => 0 )
    for grep { !$staff->HasMember( $_->PrincipalId ) } @people;
my @residents = map { person("resident$_", 0) } 0 .. 7;
my ($dbh, $there) = ($RT::Handle->dbh);
($there) = $dbh->selectrow_array('SELECT count(*) FROM Tickets');
srand(7);
pattern() if $there < $PATTERN;
copy() if $there < $COUNT;
$dbh->do('ANALYZE');
my ($token) = token( $people[0] );
($there) = $dbh->selectrow_array('SELECT count(*) FROM Tickets');
print JSON->new->canonical->encode({
    token => $token, password => $PASSWORD, tickets => $there + 0, queue => 'roads',
    queue_id => $queues[0]->id + 0, nobody => RT->Nobody->id . '',
    people => [ map { $_->Name } @people ], residents => [ map { $_->Name } @residents ],
    ids => [ map { $_->id + 0 } @people ],
}), "\n";

sub queue {
    my ($name) = @_;
    my $queue = RT::Queue->new($system);
    $queue->Load($name);
    unless ( $queue->id ) {
        my ( $ok, $why ) = $queue->Create(
            Name => $name, CorrespondAddress => "$name\@city.example",
            CommentAddress => "$name-comment\@city.example" );
        die $why unless $ok;
        my $all = RT::Group->new($system);
        $all->LoadSystemInternalGroup('Everyone');
        for my $right (qw(CreateTicket ReplyToTicket SeeQueue)) {
            $all->PrincipalObj->GrantRight( Right => $right, Object => $queue );
        }
    }
    return $queue;
}

sub staff_group {
    my $group = RT::Group->new($system);
    $group->LoadUserDefinedGroup('Staff');
    unless ( $group->id ) {
        $group->CreateUserDefinedGroup( Name => 'Staff' );
        for my $right ( qw(ShowTicket ModifyTicket OwnTicket TakeTicket ReassignTicket StealTicket
            CommentOnTicket ReplyToTicket ShowTicketComments SeeQueue CreateTicket ModifySelf
            ShowOutgoingEmail WatchAsAdminCc ManageAuthTokens) ) {
            $group->PrincipalObj->GrantRight( Right => $right, Object => RT->System );
        }
        my $people = RT::Group->new($system);
        $people->LoadSystemInternalGroup('Unprivileged');
        $people->PrincipalObj->GrantRight( Right => $_, Object => RT->System )
            for qw(CreateTicket ReplyToTicket SeeQueue ModifySelf);
        my $asked = RT::Group->new($system);
        $asked->LoadRoleGroup( Object => RT->System, Name => 'Requestor' );
        $asked->PrincipalObj->GrantRight( Right => $_, Object => RT->System )
            for qw(ShowTicket ReplyToTicket SeeQueue);
    }
    return $group;
}

sub person {
    my ( $name, $privileged ) = @_;
    my $user = RT::User->new($system);
    $user->Load($name);
    unless ( $user->id ) {
        my ( $ok, $why ) = $user->Create(
            Name => $name, EmailAddress => "$name\@city.example", Privileged => $privileged,
            Password => $PASSWORD );
        die $why unless $ok;
    }
    return $user;
}

sub token {
    my ($user) = @_;
    my $token = RT::AuthToken->new($system);
    my ( $ok, $why, $said ) = $token->Create( Owner => $user->id, Description => 'bench' );
    die $why unless $ok;
    return $said;
}

# Whole tickets by the program's own interface.
sub pattern {
    for my $number ( 1 .. $PATTERN ) {
        my $ticket = RT::Ticket->new($system);
        my $street = $STREETS[ rand @STREETS ];
        my $words  = MIME::Entity->build(
            Type => 'text/plain', Charset => 'UTF-8',
            Data => [ Encode::encode( 'UTF-8', "$street：$SAID" ) ] );
        my ( $id, undef, $why ) = $ticket->Create(
            Queue => $queues[ rand @queues ]->id,
            Requestor => 'resident' . int( rand 8 ) . '@city.example',
            Subject => "$WHAT[ rand @WHAT ] $street " . int( 1 + rand 400 ), MIMEObj => $words );
        die $why unless $id;
        next if $number % 100 == 1;
        $ticket->SetOwner( $people[ rand @people ]->id, 'Force' );
        $ticket->SetStatus('open');
        next if $number % 100 == 2;
        $ticket->Correspond( Content => '已更换井盖' );
        $ticket->SetStatus('resolved');
    }
}

# Copies by SQL: each table's own columns, ids moved, times moved back by up to three years.
sub copy {
    my $times = int( ( $COUNT + $PATTERN - 1 ) / $PATTERN ) - 1;
    return if $times < 1;
    my $tickets = 'SELECT id FROM Tickets';
    my $roles = "SELECT id FROM Groups WHERE Domain = 'RT::Ticket-Role' AND Instance IN ($tickets)";
    my $lines = "SELECT id FROM Transactions WHERE ObjectType = 'RT::Ticket' AND ObjectId IN ($tickets)"
        . " AND Type NOT IN ('EmailRecord', 'CommentEmailRecord')";
    my %which = (
        Tickets => 'TRUE', Principals => "id IN ($roles)", Groups => "id IN ($roles)",
        GroupMembers => "GroupId IN ($roles)", CachedGroupMembers => "GroupId IN ($roles)",
        Transactions => "id IN ($lines)", Attachments => "TransactionId IN ($lines)",
    );
    $dbh->begin_work;
    my ( %move, %range );
    for my $table ( keys %which ) {
        my ( $least, $most ) = $dbh->selectrow_array("SELECT min(id), max(id) FROM $table WHERE $which{$table}");
        my ($last) = $dbh->selectrow_array("SELECT max(id) FROM $table");
        my $span = $most - $least + 1;
        $move{$table} = ( $last + 1 - $least ) . " + (k - 1) * $span";
        $dbh->do("CREATE TEMP TABLE copy_$table ON COMMIT DROP AS SELECT * FROM $table WHERE $which{$table}");
        $dbh->do("CREATE INDEX ON copy_$table (id)");
        $dbh->do("ANALYZE copy_$table");
    }
    # Groups are principals: both have the same numbers.
    $move{Groups} = $move{Principals};
    my $is_role = sub { "CASE WHEN t.$_[0] IN (SELECT id FROM copy_Groups) THEN t.$_[0] + $move{Groups} ELSE t.$_[0] END" };
    my %moved = (
        tickets => { id => "t.id + $move{Tickets}", effectiveid => "t.effectiveid + $move{Tickets}",
            subject => "t.subject || '-' || k" },
        principals => { id => "t.id + $move{Principals}" },
        groups => { id => "t.id + $move{Groups}", instance => "t.instance + $move{Tickets}" },
        groupmembers => { id => "t.id + $move{GroupMembers}", groupid => $is_role->('groupid'),
            memberid => $is_role->('memberid') },
        cachedgroupmembers => { id => "t.id + $move{CachedGroupMembers}", groupid => $is_role->('groupid'),
            memberid => $is_role->('memberid'), via => "t.via + $move{CachedGroupMembers}",
            immediateparentid => $is_role->('immediateparentid') },
        transactions => { id => "t.id + $move{Transactions}", objectid => "t.objectid + $move{Tickets}" },
        attachments => { id => "t.id + $move{Attachments}",
            transactionid => "t.transactionid + $move{Transactions}",
            parent => "CASE WHEN t.parent > 0 THEN t.parent + $move{Attachments} ELSE 0 END" },
    );
    my %ticket = ( tickets => 't.id', transactions => 't.objectid',
        attachments => '(SELECT l.objectid FROM copy_Transactions l WHERE l.id = t.transactionid)' );
    for my $table ( map { lc } keys %which ) {
        my $columns = $dbh->selectall_arrayref(
            'SELECT column_name, data_type FROM information_schema.columns WHERE table_name = ?'
          . " AND table_schema = 'public' ORDER BY ordinal_position", undef, $table );
        my ( @names, @values );
        for my $column (@$columns) {
            my ( $name, $type ) = @$column;
            push @names, qq("$name");
            my $value = $moved{$table}{$name} // qq(t."$name");
            $value .= " - make_interval(secs => (('x' || substr(md5(($ticket{$table})::text || '.' || k), 1, 7))::bit(28)::int"
                . ' % 94608000)::double precision)' if $ticket{$table} && $type =~ /^timestamp/;
            push @values, $value;
        }
        $dbh->do( "INSERT INTO $table (" . join( ', ', @names ) . ') SELECT ' . join( ', ', @values )
            . " FROM copy_$table t, generate_series(1, $times) k" );
    }
    for my $table ( map { lc } keys %which ) {
        my ($sequence) = $dbh->selectrow_array("SELECT pg_get_serial_sequence('$table', 'id')");
        $sequence //= $table . '_id_seq';
        $dbh->do("SELECT setval('$sequence', (SELECT max(id) FROM $table))");
    }
    $dbh->commit;
}
