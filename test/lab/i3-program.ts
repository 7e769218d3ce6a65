/** Rendezvous overlay: a server stores the host that last registered each key, and forwards packets for the key to it. */
export const I3: string = `overlay i3.
materialize(server, infinity, 1, keys(1)).
materialize(wanted, infinity, infinity, keys(1)).
materialize(trigger, 3, infinity, keys(1)).
t1: register@Server(Key) :- periodic(E, 500ms), wanted(Key), server(Server).
t2: trigger(Key, Host) :- register(Key), Host := f_src().
s1: send@Server(Key, Packet) :- send(Key, Packet), server(Server), !wanted(Key).
s2: forward@Host(Packet) :- send(Key, Packet), trigger(Key, Host).
s3: recv(Packet) :- forward(Packet).
`;
