["accesskey", "aikey", "apikey", "authorization", "connectionstring", "passphrase", "password", "privatekey", "secret", "secretkey", "subscriptionkey", "token"]
